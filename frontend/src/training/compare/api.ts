/** Calls and queries of comparisons. */

import { queryOptions } from "@tanstack/react-query";

import { api } from "@/api/client";
import type { Comparison, Id, Page } from "@/api/types";

export const comparisonsQuery = (projectId: Id) =>
  queryOptions({
    queryKey: ["projects", projectId, "comparisons"],
    queryFn: () => api.get<Page<Comparison>>(`/projects/${projectId}/comparisons`),
    refetchInterval: (query) => (query.state.data?.results.some((one) => one.is_open) ? 1000 : 15_000),
  });

export interface NewComparison {
  learners: { learner: string }[];
  n_labels: number[];
  n_seeds: number;
  seed: number;
  max_seconds: number;
}

export const startComparison = (projectId: Id, input: NewComparison) =>
  api.post<Comparison>(`/projects/${projectId}/comparisons`, input);
export const cancelComparison = (id: Id) => api.post<Comparison>(`/comparisons/${id}/cancel`);
