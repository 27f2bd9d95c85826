/** Finding one's way in a plan: its rows by goal. */

import type { PlanRow } from "@/api/types";
import type { Goal } from "@/certificates/attempt-state";
import { plural, t } from "@/language/translate";
import { count } from "@/ui/format";

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

/** Two significant digits from 100 on: a forecast knows no more. */
export function rough(n: number): number {
  const step = 10 ** Math.max(0, String(Math.round(n)).length - 2);
  return Math.round(n / step) * step;
}

/** What a goal costs, and of what that is made up. */
export function priceText(row: PlanRow): string {
  const nTrain = row.n_total - row.answers_wanted * (row.n_audits + row.n_review);
  const parts = [
    t("{n} to train on", { n: count(nTrain) }),
    plural(row.n_audits, "{n} blind audit", "{n} blind audits", { n: count(row.n_audits) }),
  ];
  const [nTotal, nReview, nRest] = [row.n_total, row.n_review, row.n_unlabeled].map(rough) as [number, number, number];
  if (row.n_review > 0) {
    parts.push(
      plural(nReview, "about {n} item that the machine is least sure of", "about {n} items that the machine is least sure of", { n: count(nReview) }),
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
