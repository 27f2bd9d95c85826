/** Two runs, or two rounds, as rows of a table: what was set, and what came of it. */

import type { Learner, Round, RoundSummary, Run } from "@/api/types";
import { type Message, msg, t } from "@/language/translate";
import { asSet, count, decimal, duration, percent, percentWithin, words } from "@/ui/format";

export interface Row {
  name: string;
  left: string;
  right: string;
  differs: boolean;
}

const shown = (value: unknown): string => {
  if (value === undefined || value === null || value === "") return "–";
  if (typeof value === "boolean") return value ? t("yes") : t("no");
  if (typeof value === "number") return asSet(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
};

/** Everything that was set for a run; what was left out has the learner's default. */
export function settingsOf(run: Run, learners: readonly Learner[]): Map<string, string> {
  const defaults = learners.find((one) => one.name === run.learner)?.params ?? [];
  const settings = new Map<string, unknown>([[t("learner"), run.trigger === "file" ? t("none: made elsewhere") : words(run.learner)]]);
  for (const param of defaults) settings.set(words(param.name), param.default);
  for (const [name, value] of Object.entries(run.params)) settings.set(words(name), value);
  const { kind, ...policy } = run.policy;
  settings.set(t("threshold policy"), words(kind));
  for (const [name, value] of Object.entries(policy)) settings.set(t("policy: {setting}", { setting: words(name) }), value);
  settings.set(t("rounds at most"), run.n_rounds);
  settings.set(t("seed"), run.seed);
  settings.set(t("started by"), run.created_by ?? t("itself"));
  return new Map([...settings].map(([name, value]) => [name, shown(value)]));
}

/** Those that differ first, each half in the order of the settings. */
export function settingRows(left: Run, right: Run, learners: readonly Learner[]): Row[] {
  const [a, b] = [settingsOf(left, learners), settingsOf(right, learners)];
  const rows = [...new Set([...a.keys(), ...b.keys()])].map((name) => {
    const [of_left, of_right] = [a.get(name) ?? "–", b.get(name) ?? "–"];
    return { name, left: of_left, right: of_right, differs: of_left !== of_right };
  });
  return [...rows.filter((row) => row.differs), ...rows.filter((row) => !row.differs)];
}

/** The last round that a run has finished. */
export const lastRound = (run: Run): RoundSummary | undefined => run.rounds.filter((round) => round.finished_at !== null).at(-1);

const orDash = (loss: number | undefined) => (loss === undefined ? "–" : decimal(loss, 3));
const seconds = (round: Round) => Object.values(round.seconds).reduce((sum, each) => sum + each, 0);

const RESULTS: readonly [Message, (round: Round) => string][] = [
  [msg("Accuracy on the holdout (95% interval)"), ({ metrics: { holdout } }) => percentWithin(holdout?.accuracy, holdout?.low, holdout?.high)],
  [msg("Items of the holdout"), ({ metrics }) => count(metrics.holdout?.n ?? 0)],
  [msg("Accuracy on the test set (95% interval)"), ({ metrics: { test } }) => percentWithin(test?.accuracy, test?.low, test?.high)],
  [msg("Items of the test set"), ({ metrics }) => count(metrics.test?.n ?? 0)],
  [msg("Precision, mean over classes"), ({ metrics: { test, holdout } }) => percent((test ?? holdout)?.macro.precision)],
  [msg("Recall, mean over classes"), ({ metrics: { test, holdout } }) => percent((test ?? holdout)?.macro.recall)],
  [
    msg("True precision of what was accepted"),
    ({ metrics: { true_precision: truth } }) => (truth ? percentWithin(truth.accepted, truth.low, truth.high) : "–"),
  ],
  [msg("Coverage: accepted of the pool"), ({ metrics }) => percent(metrics.share_accepted)],
  [msg("Pseudo-labels"), ({ metrics }) => count(metrics.n_accepted ?? 0)],
  [msg("Calibration error, raw"), ({ metrics: { test, holdout } }) => percent((test ?? holdout)?.ece_raw)],
  [msg("Calibration error, calibrated"), ({ metrics: { test, holdout } }) => percent((test ?? holdout)?.ece_calibrated)],
  [msg("Log loss"), ({ metrics: { test, holdout } }) => orDash((test ?? holdout)?.log_loss)],
  [msg("Human labels trained on"), (round) => count(round.n_human)],
  [msg("Pseudo-labels trained on"), ({ metrics }) => count(metrics.n_train_pseudo ?? 0)],
  [msg("Hash of the labels"), (round) => round.labels_hash.slice(0, 12) || "–"],
  [msg("Time of the round"), (round) => duration(seconds(round))],
  [msg("Code version"), (round) => round.code_version || "–"],
];

/** What two rounds measured; a row that neither has is left out. */
export function resultRows(left: Round, right: Round): Row[] {
  return RESULTS.map(([name, of]) => ({ name: t(name), left: of(left), right: of(right), differs: of(left) !== of(right) })).filter(
    (row) => !(["–", "0"].includes(row.left) && row.left === row.right),
  );
}

/** Whether the two were measured on as many items of the set that the means above are over. */
export function measuredAlike(left: Round, right: Round): boolean {
  const n = ({ metrics }: Round) => (metrics.test ?? metrics.holdout)?.n;
  return n(left) === n(right) && (left.metrics.test === null) === (right.metrics.test === null);
}
