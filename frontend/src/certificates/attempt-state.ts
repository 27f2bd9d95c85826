/** What an attempt to certify is about, how far it is, and what happens next, in words. */

import type { Attempt, Certificate, Plan, Promised } from "@/api/types";
import { count, counted } from "@/ui/format";

export const isOpen = ({ state }: Pick<Attempt, "state">) => state === "queued" || state === "auditing" || state === "reviewing";

export const STATES: Record<Attempt["state"], { title: string; colour: string }> = {
  queued: { title: "being frozen", colour: "gray" },
  auditing: { title: "audits are being answered", colour: "blue" },
  reviewing: { title: "people label the rest", colour: "blue" },
  certified: { title: "certified", colour: "teal" },
  abandoned: { title: "abandoned", colour: "orange" },
  refused: { title: "refused", colour: "red" },
};

export const PROMISES: Record<Promised, string> = { dataset: "all labels", machine: "the machine's labels" };

/** "1%", "0.25%": a goal as it was typed, not rounded as a measured share is. */
export const goalPercent = (share: number) => `${Number((share * 100).toFixed(4))}%`;

/** An upper bound: rounded up, as the certificate's own sentences are. */
export const boundPercent = (share: number) => `${Number((Math.ceil(share * 10_000 - 1e-6) / 100).toPrecision(4))}%`;

/** A percentage that somebody typed, as the share that the server takes. */
export const shareOf = (percentage: number) => Number((percentage / 100).toFixed(6));

export interface Goal {
  promise: Promised;
  eps: number;
  confidence: number;
}

export function goalText({ promise, eps, confidence, per_class = false }: Goal & { per_class?: boolean }): string {
  return `at most ${goalPercent(eps)} of ${PROMISES[promise]} wrong, with ${goalPercent(confidence)} confidence${per_class ? ", in each class" : ""}`;
}

export const attemptName = ({ number }: Pick<Attempt, "number">) => (number === null ? "Attempt" : `Attempt ${number}`);

/** What people or a worker have to do before the attempt goes on. */
export function nextText(attempt: Attempt): string {
  switch (attempt.state) {
    case "queued":
      return "A worker freezes the model, the ranking and the list of items, and draws the audits. Then they wait in the queue.";
    case "auditing":
      return auditingText(attempt);
    case "reviewing":
      return `When people have labeled the last ${counted(attempt.n_remaining, "item")} that the cut leaves to them, the certificate is issued.`;
    default:
      return "";
  }
}

function auditingText(attempt: Attempt): string {
  const n = attempt.n_audits - attempt.n_audits_done + attempt.n_second - attempt.n_second_done;
  if (n === 0) return "Every audit that was asked for is answered. A worker runs the test, which chooses the cut.";
  const coming = `${counted(n, "blind answer")} still to come, mixed among other entries of the queue. After the last one the test runs by itself`;
  const next = attempt.stages[attempt.stage];
  if (next === undefined) return `${coming} and chooses the cut: what lies beyond it goes to people, and then the certificate is issued.`;
  return (
    `${coming}. If it leaves people more to label than more audits would cost, ${count(next - attempt.n_audits)} more are asked for ` +
    `(stage ${attempt.stage + 1} of ${attempt.stages.length}); else it chooses the cut, what lies beyond goes to people, and the certificate is issued.`
  );
}

/** About how many audits a class needs to prove anything of it: none wrong, and an equal share of the risk. */
export function auditsPerClass({ eps, confidence, nClasses }: { eps: number; confidence: number; nClasses: number }): number {
  return Math.ceil(Math.log(nClasses / (1 - confidence)) / eps);
}

export interface Standing {
  title: "Certified" | "Being certified" | "Not certified";
  text: string;
}

/** Where a project stands in a line: is it certified, is an attempt under way, or what would one cost? */
export function standing(certificates: readonly Certificate[], attempts: readonly Attempt[], plan: Plan | null): Standing {
  const valid = certificates.find((one) => one.revoked_at === null);
  const open = attempts.find(isOpen);
  if (valid) {
    const text = valid.sentence ?? "Its document is being written.";
    return { title: "Certified", text: open ? `${text} ${openText(open)}` : text };
  }
  if (open) return { title: "Being certified", text: openText(open) };
  const [last] = certificates;
  const revoked = last ? `Certificate ${last.number} was revoked: ${last.revoked_reason} ` : "";
  return { title: "Not certified", text: revoked + (plan?.sentence || "There is no forecast yet of what it would cost.") };
}

function openText(attempt: Attempt): string {
  const name = `${attemptName(attempt)} is under way`;
  if (attempt.state === "auditing") return `${name}: ${count(attempt.n_audits_done)} of ${counted(attempt.n_audits, "audit")} answered.`;
  if (attempt.state === "reviewing") return `${name}: ${counted(attempt.n_remaining, "item")} left for people to label.`;
  return `${name}: model, ranking and items are being frozen.`;
}
