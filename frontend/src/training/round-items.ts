/** The way from a round's charts to the items behind them: the page Items, with the round's filters. */

import type { Project, Round } from "@/api/types";

export interface RoundItemFilters {
  of?: "pool" | "holdout" | "test";
  predicted?: number;
  truth?: number;
  confidence_min?: number;
  confidence_below?: number;
}

export function roundItemsAddress(projectId: number, roundId: number, filters: RoundItemFilters): string {
  const search = new URLSearchParams({ round: String(roundId) });
  for (const [name, value] of Object.entries(filters)) if (value !== undefined) search.set(name, String(value));
  return `/projects/${projectId}/items?${search.toString()}`;
}

/** Annotators answer blind and look nothing up; of old rounds, what was said of each item is gone. */
export const mayListRoundItems = (project: Project, round: Round) => project.role !== "annotator" && round.pruned_at === null;
