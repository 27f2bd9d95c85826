/** Finding one's way in a plan: its rows by goal. */

import type { PlanRow } from "@/api/types";
import type { Goal } from "@/certificates/attempt-state";
import { count, counted } from "@/ui/format";

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
  const parts = [`${count(nTrain)} to train on`, counted(row.n_audits, "blind audit")];
  if (row.n_review > 0) parts.push(`about ${counted(rough(row.n_review), "item")} that the machine is least sure of`);
  const each = row.answers_wanted > 1 ? `, ${row.answers_wanted} answers each` : "";
  const rest = row.n_unlabeled > 0 ? ` About ${counted(rough(row.n_unlabeled), "item")} stay without a label.` : "";
  return `about ${counted(rough(row.n_total), "human label")}, ${count(rough(row.low))} to ${count(rough(row.high))}: ${parts.join(", ")}${each}.${rest}`;
}
