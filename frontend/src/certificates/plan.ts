/** Finding one's way in a plan: its rows by goal. */

import type { Plan, PlanRow } from "@/api/types";
import { goalPercent, goalText, type Goal } from "@/certificates/attempt-state";
import { plural, t } from "@/language/translate";
import { capitalized, count } from "@/ui/format";

const NEAR = 1e-9;

const unique = (values: readonly number[]) => [...new Set(values)].sort((a, b) => a - b);

export const epsOf = (rows: readonly PlanRow[]) => unique(rows.map((row) => row.eps));
export const confidencesOf = (rows: readonly PlanRow[]) => unique(rows.map((row) => row.confidence));
export const answersOf = (rows: readonly PlanRow[]) => unique(rows.map((row) => row.answers_wanted));

/** The row for exactly this goal, if the plan has one. */
export function rowFor(rows: readonly PlanRow[], goal: Goal, answersWanted: number): PlanRow | undefined {
  return rows.find(
    (row) =>
      row.promise === goal.promise &&
      row.answers_wanted === answersWanted &&
      Math.abs(row.eps - goal.eps) < NEAR &&
      Math.abs(row.confidence - goal.confidence) < NEAR,
  );
}

/** Why a forecast holds no longer, in a sentence each: what was, and what is now. */
export function changeText({ what, before, now }: Plan["changes"][number]): string {
  if (what === "round" || before === null || now === null) return t("Other labels stand than when it was made.");
  const numbers = { before: count(before), now: count(now) };
  const shares = { before: goalPercent(before), now: goalPercent(now) };
  if (what === "items") return t("It was made for {before} items, and there are {now}.", numbers);
  if (what === "labels") return t("People had labeled {before} items, and {now} by now.", numbers);
  if (what === "classes") return t("There were {before} classes, and there are {now}.", numbers);
  if (what === "eps") return t("At most {before} were to be wrong, and {now} by now.", shares);
  if (what === "confidence") return t("It was to be proven with {before} confidence, and with {now} by now.", shares);
  return t("Answers wanted of each item were {before}, and are {now}.", numbers);
}

/** The forecast of the project's own goal: never that of a state of things that is over. */
export function planText(plan: Plan): string {
  if (plan.is_out_of_date) return [t("The forecast is out of date, and a new one is being made."), ...plan.changes.map(changeText)].join(" ");
  if (!plan.own) return plan.sentence;
  const { own } = plan;
  const parts = [t("{goal}: {price}", { goal: capitalized(goalText(own)), price: priceText(own) })];
  if (own.promise === "dataset" && own.n_audits === 0) parts.push(t("No audit would save more than it costs: people label every item."));
  if (plan.n_unknown > 0) {
    parts.push(
      plural(
        plan.n_unknown,
        "{n} item came after the round, and the forecast takes it to be like the others.",
        "{n} items came after the round, and the forecast takes them to be like the others.",
        { n: count(plan.n_unknown) },
      ),
    );
  }
  if (!plan.is_by_model) parts.push(t("It goes by what is usual, not yet by a model of this data: the range is that of easy to hard data."));
  return parts.join(" ");
}

/** What the next hundred answers buy. */
export function adviceText({ next_hundred: { code, saves, sentence } }: Plan): string {
  if (code === "one_forecast") return t("One forecast alone says little: what the next hundred answers buy shows after more answers.");
  if (code === "saves" && saves !== null) return t("The next hundred answers should save about {n} others.", { n: count(rough(saves)) });
  if (code === "few") return t("By the newest forecast more answers would not pay, but it rests on few answers: answer some more, and see what the next says.");
  if (code === "mixed") return t("By the newest forecast more answers would not pay, by the one before they would: answer some more, and see what the next says.");
  if (code === "certify") return t("The last two forecasts say that more answers would cost more than they save: certify now.");
  return sentence;
}

/** Two significant digits from 100 on: a forecast knows no more. */
export function rough(n: number): number {
  const step = 10 ** Math.max(0, String(Math.round(n)).length - 2);
  return Math.round(n / step) * step;
}

/** What a goal costs, and of what that is made up. */
export function priceText(row: PlanRow): string {
  const nTrain = row.n_total - row.answers_wanted * (row.n_audits + row.n_review);
  const parts = [t("{n} to train on", { n: count(nTrain) })];
  if (row.n_audits > 0) parts.push(plural(row.n_audits, "{n} blind audit", "{n} blind audits", { n: count(row.n_audits) }));
  const [nTotal, nReview, nRest] = [row.n_total, row.n_review, row.n_unlabeled].map(rough) as [number, number, number];
  if (row.n_review > 0) {
    const n = { n: count(nReview) };
    parts.push(
      row.n_audits > 0
        ? plural(nReview, "about {n} item that the machine is least sure of", "about {n} items that the machine is least sure of", n)
        : plural(nReview, "about {n} more, the only one that is left", "about {n} more, every one that is left", n),
    );
  }
  if (row.answers_wanted > 1) parts.push(t("{n} answers each", { n: row.answers_wanted }));
  const price = plural(nTotal, "about {n} human label, {low} to {high}: {parts}.", "about {n} human labels, {low} to {high}: {parts}.", {
    n: count(nTotal),
    low: count(rough(row.low)),
    high: count(rough(row.high)),
    parts: parts.join(", "),
  });
  if (row.n_unlabeled === 0) return price;
  return `${price} ${plural(nRest, "About {n} item stay without a label.", "About {n} items stay without a label.", { n: count(nRest) })}`;
}
