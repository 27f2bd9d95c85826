/** Calls and queries of learners, runs, rounds and logs. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { api } from "@/api/client";
import type { Confidences, DiffItem, GeneratedClass, Id, ItemType, Learner, LogLine, Page, Policy, PolicyForm, Round, RoundDiff, RoundItem, RoundSummary, Run } from "@/api/types";
import type { RoundItemFilters } from "@/training/round-items";

const LIVE_MS = 1000;

export const learnersQuery = (itemType: ItemType) =>
  queryOptions({
    queryKey: ["learners", itemType],
    queryFn: () => api.get<Learner[]>("/learners", { item_type: itemType }),
    staleTime: Infinity,
  });

export const policiesQuery = (projectId: Id) =>
  queryOptions({
    queryKey: ["projects", projectId, "policies"],
    queryFn: () => api.get<PolicyForm[]>(`/projects/${projectId}/policies`),
    staleTime: Infinity,
  });

export const runsQuery = (projectId: Id) =>
  queryOptions({
    queryKey: ["projects", projectId, "runs"],
    queryFn: () => api.get<Page<Run>>(`/projects/${projectId}/runs`),
    refetchInterval: (query) => (query.state.data?.results.some((one) => one.is_open) ? LIVE_MS : 10_000),
  });

export const runQuery = (id: Id) =>
  queryOptions({
    queryKey: ["runs", id],
    queryFn: () => api.get<Run>(`/runs/${id}`),
    refetchInterval: (query) => (query.state.data?.is_open === false ? false : LIVE_MS),
  });

/** The whole log of a run, however many pages that takes. */
export async function readLog(runId: Id): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  for (;;) {
    const page = await api.get<Page<LogLine>>(`/runs/${runId}/log`, { after: lines.at(-1)?.id ?? 0 });
    lines.push(...page.results);
    if (page.next === null || page.results.length === 0) return lines;
  }
}

export interface NewRun {
  learner: string;
  params: Record<string, unknown>;
  policy: Policy;
  n_rounds: number;
  seed: number;
}

export const startRun = (projectId: Id, input: NewRun) => api.post<Run>(`/projects/${projectId}/runs`, input);
export const cancelRun = (id: Id) => api.post<unknown>(`/runs/${id}/cancel`);

export const roundsQuery = (projectId: Id) =>
  queryOptions({
    queryKey: ["projects", projectId, "rounds"],
    queryFn: () => api.get<Page<RoundSummary>>(`/projects/${projectId}/rounds`, { limit: 200 }),
  });

export const roundQuery = (id: Id) =>
  queryOptions({ queryKey: ["rounds", id], queryFn: () => api.get<Round>(`/rounds/${id}`) });

/** Predictions of the round counted by class and confidence; those of a file are held against new answers now and then. */
export const confidencesQuery = (id: Id) =>
  queryOptions({
    queryKey: ["rounds", id, "confidences"],
    queryFn: () => api.get<Confidences>(`/rounds/${id}/confidences`),
    staleTime: 60_000,
  });

export interface RoundItemQuery extends RoundItemFilters {
  order?: string;
}

export const roundItemsQuery = (projectId: Id, roundId: Id, filters: RoundItemQuery) =>
  infiniteQueryOptions({
    // Under the project: whoever relabels an item there sees its new label here.
    queryKey: ["projects", projectId, "rounds", roundId, "items", filters],
    queryFn: ({ pageParam, signal }) =>
      api.get<Page<RoundItem>>(`/rounds/${roundId}/items`, { ...filters, cursor: pageParam, limit: 50 }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

/** Two rounds' pseudo-labels against each other; what rounds predicted never changes. */
export const roundDiffQuery = (projectId: Id, left: Id, right: Id) =>
  queryOptions({
    queryKey: ["projects", projectId, "rounds", "diff", left, right],
    queryFn: () => api.get<RoundDiff>(`/projects/${projectId}/rounds/diff`, { left, right }),
    staleTime: Infinity,
  });

/** A cell of that table: the class that each accepted; undefined: none. */
export interface DiffCell {
  left_class?: Id;
  right_class?: Id;
}

export const roundDiffItemsQuery = (projectId: Id, left: Id, right: Id, cell: DiffCell) =>
  infiniteQueryOptions({
    queryKey: ["projects", projectId, "rounds", "diff", left, right, "items", cell],
    queryFn: ({ pageParam, signal }) =>
      api.get<Page<DiffItem>>(`/projects/${projectId}/rounds/diff/items`, { left, right, ...cell, cursor: pageParam, limit: 50 }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

export const roundModelUrl = (id: Id) => `/api/rounds/${id}/model`;

/** What the round's learner drew; it never changes. */
export const generatedQuery = (id: Id) =>
  queryOptions({
    queryKey: ["rounds", id, "generated"],
    queryFn: () => api.get<GeneratedClass[]>(`/rounds/${id}/generated`),
    staleTime: Infinity,
  });
