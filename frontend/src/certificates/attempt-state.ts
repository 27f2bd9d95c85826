/** What an attempt to certify is about, how far it is, and what happens next, in words. */

import type { Attempt, Certificate, Promised } from "@/api/types";
import { LANGUAGE } from "@/language/languages";
import { type Message, msg, plural, t } from "@/language/translate";
import { count } from "@/ui/format";

export const isOpen = ({ state }: Pick<Attempt, "state">) => state === "queued" || state === "auditing" || state === "reviewing";

export const STATES: Record<Attempt["state"], { title: Message; colour: string }> = {
  queued: { title: msg("being frozen"), colour: "gray" },
  auditing: { title: msg("audits are being answered"), colour: "blue" },
  reviewing: { title: msg("people label the rest"), colour: "blue" },
  certified: { title: msg("certified"), colour: "teal" },
  abandoned: { title: msg("abandoned"), colour: "orange" },
  refused: { title: msg("refused"), colour: "red" },
};

const asTyped = new Intl.NumberFormat(LANGUAGE, { style: "percent", maximumFractionDigits: 4 });
const bounded = new Intl.NumberFormat(LANGUAGE, { style: "percent", maximumSignificantDigits: 4 });

/** "1%", "0.25%": a goal as it was typed, not rounded as a measured share is. */
export const goalPercent = (share: number) => asTyped.format(share);

/** An upper bound: rounded up, as the certificate's own sentences are. */
export const boundPercent = (share: number) => bounded.format(Math.ceil(share * 10_000 - 1e-6) / 10_000);

/** A percentage that somebody typed, as the share that the server takes. */
export const shareOf = (percentage: number) => Number((percentage / 100).toFixed(6));

export interface Goal {
  promise: Promised;
  eps: number;
  confidence: number;
}

export const promiseText = ({ promise, eps }: Pick<Goal, "promise" | "eps">): string =>
  promise === "dataset"
    ? t("at most {share} of all labels wrong", { share: goalPercent(eps) })
    : t("at most {share} of the machine's labels wrong", { share: goalPercent(eps) });

export const inEachClass = (goal: string): string => t("{goal}, in each predicted class", { goal });

export function goalText({ promise, eps, confidence, per_class = false }: Goal & { per_class?: boolean }): string {
  const goal = t("{promise}, with {confidence} confidence", { promise: promiseText({ promise, eps }), confidence: goalPercent(confidence) });
  return per_class ? inEachClass(goal) : goal;
}

export const attemptName = ({ number }: Pick<Attempt, "number">) => (number === null ? t("Attempt") : t("Attempt {number}", { number }));

/** What people or a worker have to do before the attempt goes on. */
export function nextText(attempt: Attempt): string {
  switch (attempt.state) {
    case "queued":
      return t("A worker freezes the model, the ranking and the list of items, and draws the audits. Then they wait in the queue.");
    case "auditing":
      return auditingText(attempt);
    case "reviewing":
      return plural(
        attempt.n_remaining,
        "When people have labeled the last {n} item that the cut leaves to them, the certificate is issued.",
        "When people have labeled the last {n} items that the cut leaves to them, the certificate is issued.",
        { n: count(attempt.n_remaining) },
      );
    default:
      return "";
  }
}

function auditingText(attempt: Attempt): string {
  const n = attempt.n_asked - attempt.n_answered;
  if (n === 0) return t("As many blind answers are in as were asked for. Once the last audit is among them a worker runs the test, which chooses the cut.");
  const coming = plural(
    n,
    "{n} blind answer still to come, mixed among other entries of the queue.",
    "{n} blind answers still to come, mixed among other entries of the queue.",
    { n: count(n) },
  );
  return `${coming} ${afterwards(attempt)}`;
}

function afterwards(attempt: Attempt): string {
  const next = attempt.stages[attempt.stage];
  if (next === undefined) {
    return t("After the last one the test runs by itself and chooses the cut: what lies beyond it goes to people, and then the certificate is issued.");
  }
  return t(
    "After the last one the test runs by itself. If it leaves people more to label than more audits would cost, {n} more are asked for (stage {stage} of {stages}); else it chooses the cut, what lies beyond goes to people, and the certificate is issued.",
    { n: count(next - attempt.n_audits), stage: attempt.stage + 1, stages: attempt.stages.length },
  );
}

/** About how many audits a class needs to prove anything of it: none wrong, and an equal share of the risk. */
export function auditsPerClass({ eps, confidence, nClasses }: { eps: number; confidence: number; nClasses: number }): number {
  return Math.ceil(Math.log(nClasses / (1 - confidence)) / eps);
}

/** What a promise for each class costs, in words; in general ones before there are classes and a goal within range. */
export function perClassText({ nClasses, ...goal }: Goal & { nClasses: number }): string {
  const perClass = auditsPerClass({ ...goal, nClasses });
  if (!(perClass > 0 && Number.isFinite(perClass))) {
    return t("Of what the machine puts into each class; how many of a true class it misses is not promised. Costs more: each class needs audits of its own; a class with too few is left to people");
  }
  return t("Of what the machine puts into each class; how many of a true class it misses is not promised. Costs more: each of the {n} classes needs about {audits} audits of its own, {all} in all; a class with fewer is left to people", {
    n: count(nClasses),
    audits: count(perClass),
    all: count(perClass * nClasses),
  });
}

export interface Standing {
  state: "Certified" | "Being certified" | "Not certified";
  text: string;
}

/** Where a project stands in a line: is it certified, is an attempt under way, or what would one cost (`plan`, in words)? */
export function standing(certificates: readonly Certificate[], attempts: readonly Attempt[], plan: string | null): Standing {
  const valid = certificates.find((one) => one.revoked_at === null);
  const open = attempts.find(isOpen);
  if (valid) {
    const text = valid.sentence ?? t("Its document is being written.");
    return { state: "Certified", text: open ? `${text} ${openText(open)}` : text };
  }
  if (open) return { state: "Being certified", text: openText(open) };
  const [last] = certificates;
  const revoked = last ? `${t("Certificate {number} was revoked: {reason}", { number: last.number, reason: last.revoked_reason })} ` : "";
  return { state: "Not certified", text: revoked + (plan ?? t("There is no forecast yet of what it would cost.")) };
}

function openText(attempt: Attempt): string {
  const name = attemptName(attempt);
  if (attempt.state === "auditing") {
    return plural(
      attempt.n_asked,
      "{attempt} is under way: {done} of {n} blind answer given.",
      "{attempt} is under way: {done} of {n} blind answers given.",
      { attempt: name, done: count(attempt.n_answered), n: count(attempt.n_asked) },
    );
  }
  if (attempt.state === "reviewing") {
    return plural(
      attempt.n_remaining,
      "{attempt} is under way: {n} item left for people to label.",
      "{attempt} is under way: {n} items left for people to label.",
      { attempt: name, n: count(attempt.n_remaining) },
    );
  }
  return t("{attempt} is under way: model, ranking and items are being frozen.", { attempt: name });
}
