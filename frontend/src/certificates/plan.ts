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

/** What a goal costs, and of what that is made up. */
export function priceText(row: PlanRow, nHuman: number): string {
  const parts = [`${count(nHuman)} given`, counted(row.n_audits, "blind audit")];
  if (row.n_review > 0) parts.push(`about ${counted(row.n_review, "item")} that the machine is least sure of`);
  const each = row.answers_wanted > 1 ? `, ${row.answers_wanted} answers each` : "";
  const rest = row.n_unlabeled > 0 ? ` About ${counted(row.n_unlabeled, "item")} stay without a label.` : "";
  return `about ${counted(row.n_total, "human label")}, ${count(row.low)} to ${count(row.high)}: ${parts.join(", ")}${each}.${rest}`;
}
