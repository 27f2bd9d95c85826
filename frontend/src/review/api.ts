/** Calls and queries of the queue, answers, flags, verdicts, history and publications. */

import { queryOptions } from "@tanstack/react-query";

import { api } from "@/api/client";
import type { Adjudication, AnswerInput, AnswerResult, Beside, Claim, Disagreement, Dispute, Entry, Explanation, Flag, HistoryEvent, Id, MyAnswer, NewVerdict, Page, People, Publication, Queue, Verdict, VerdictUndone, Weighing } from "@/api/types";

const SEND_TIMEOUT_MS = 15_000;

export const queueQuery = (projectId: Id) =>
  queryOptions({
    queryKey: ["projects", projectId, "queue"],
    queryFn: () => api.get<Queue>(`/projects/${projectId}/queue`),
  });

export const askGold = (projectId: Id, n: number) => api.post<{ n_asked: number; n_people: number; n_left_out: number }>(`/projects/${projectId}/gold`, { n });
export const endGold = (projectId: Id) => api.delete<{ n_withdrawn: number }>(`/projects/${projectId}/gold`);

export const claimEntries = (projectId: Id, n: number) =>
  api.post<Claim>(`/projects/${projectId}/queue/claim`, { n }, AbortSignal.timeout(SEND_TIMEOUT_MS));

/** Items that the model says are of the class, held for us: the least sure first. */
export const claimGrid = (projectId: Id, classId: Id, n: number) =>
  api.post<{ entries: Entry[] }>(
    `/projects/${projectId}/grid/claim`,
    { class_id: classId, n },
    AbortSignal.timeout(SEND_TIMEOUT_MS),
  );

export const fetchExplanations = (projectId: Id, itemIds: readonly Id[]) =>
  api.get<Explanation[]>(`/projects/${projectId}/queue/explanations`, { items: itemIds.join(",") });

export const releaseEntries = (projectId: Id, entryIds: readonly Id[]) =>
  api.post<unknown>(`/projects/${projectId}/queue/release`, { entry_ids: entryIds });

export const refillQueue = (projectId: Id) => api.post<unknown>(`/projects/${projectId}/queue/refill`);

export async function sendAnswers(projectId: Id, answers: AnswerInput[]): Promise<AnswerResult[]> {
  const reply = await api.post<{ results: AnswerResult[] }>(
    `/projects/${projectId}/answers`,
    { answers },
    AbortSignal.timeout(SEND_TIMEOUT_MS),
  );
  return reply.results;
}

/** Takes a stored answer back; its entry is ours again. */
export const undoAnswer = (key: string) => api.post<Entry>(`/answers/${key}/undo`, {}, AbortSignal.timeout(SEND_TIMEOUT_MS));

/** Takes many stored answers back at once, each with its own outcome. */
export async function undoAnswers(projectId: Id, keys: string[]): Promise<AnswerResult[]> {
  const reply = await api.post<{ results: AnswerResult[] }>(
    `/projects/${projectId}/answers/undo`,
    { keys },
    AbortSignal.timeout(SEND_TIMEOUT_MS),
  );
  return reply.results;
}

export const readMyAnswers = (projectId: Id, limit: number) =>
  api.get<Page<MyAnswer>>(`/projects/${projectId}/answers/mine`, { limit });

export const flagItem = (itemId: Id, note: string) => api.post<Flag>(`/items/${itemId}/flags`, { note });

export const relabelItems = (projectId: Id, labels: { item_id: Id; class_id: Id }[]) =>
  api.post<unknown>(`/projects/${projectId}/labels`, labels);

export const peopleQuery = (projectId: Id) =>
  queryOptions({
    queryKey: ["projects", projectId, "people"],
    queryFn: () => api.get<People>(`/projects/${projectId}/people`),
  });

export const withdrawLabel = (labelId: Id) => api.delete(`/labels/${labelId}`);

/** What waits for reviewers, counted, and whose opinions people's labels are held against. */
export const adjudicationQuery = (projectId: Id) =>
  queryOptions({
    queryKey: ["projects", projectId, "adjudication"],
    queryFn: () => api.get<Adjudication>(`/projects/${projectId}/adjudication`),
  });

/** Disputes and flags alone: quick at any size, for every page of the project. */
export const waitingQuery = (projectId: Id) =>
  queryOptions({
    queryKey: ["projects", projectId, "adjudication", "people"],
    queryFn: () => api.get<Adjudication>(`/projects/${projectId}/adjudication`, { with_model: false }),
  });

/** The server counts cases up to here. */
export const N_CASES_COUNTED = 100;

export const readDisputes = (projectId: Id, cursor: string | null, limit: number) =>
  api.get<Page<Dispute>>(`/projects/${projectId}/disputes`, { cursor, limit });

export const weighingQuery = (projectId: Id) =>
  queryOptions({
    queryKey: ["projects", projectId, "weighing"],
    queryFn: () => api.get<Weighing>(`/projects/${projectId}/weighing`),
  });

export const settleDisputes = (projectId: Id, minQuality: number) =>
  api.post<{ n_settled: number }>(`/projects/${projectId}/weighing`, { min_quality: minQuality });

export const readDisagreements = (projectId: Id, cursor: string | null, limit: number) =>
  api.get<Page<Disagreement>>(`/projects/${projectId}/disagreements`, { cursor, limit });

export const sendVerdict = (projectId: Id, verdict: NewVerdict) =>
  api.post<Verdict>(`/projects/${projectId}/verdicts`, verdict, AbortSignal.timeout(SEND_TIMEOUT_MS));

/** Our own, the newest first. */
export const readVerdicts = (projectId: Id) => api.get<Verdict[]>(`/projects/${projectId}/verdicts`);

export const undoVerdict = (key: string) => api.post<VerdictUndone>(`/verdicts/${key}/undo`, {}, AbortSignal.timeout(SEND_TIMEOUT_MS));

export const flagsQuery = (projectId: Id) =>
  queryOptions({
    queryKey: ["projects", projectId, "flags"],
    queryFn: () => api.get<Page<Flag>>(`/projects/${projectId}/flags`),
  });

export const resolveFlag = (flagId: Id) => api.post<unknown>(`/flags/${flagId}/resolve`);

export const historyQuery = (itemId: Id) =>
  queryOptions({
    queryKey: ["items", itemId, "history"],
    queryFn: () => api.get<{ events: HistoryEvent[] }>(`/items/${itemId}/history`),
  });

export const publicationsQuery = (projectId: Id) =>
  queryOptions({
    queryKey: ["projects", projectId, "publications"],
    queryFn: () => api.get<Page<Publication>>(`/projects/${projectId}/publications`),
  });

/** The round beside what stands. Counting a million labels takes seconds, so that it is asked anew by acts alone. */
export const besideQuery = (roundId: Id) =>
  queryOptions({
    queryKey: ["rounds", roundId, "beside-standing"],
    queryFn: () => api.get<Beside>(`/rounds/${roundId}/beside-standing`),
    staleTime: 60_000,
  });

/** `insteadOf` is the publication that the person saw standing; null: none did. */
export const publishRound = (roundId: Id, insteadOf: Id | null) => api.post<Publication>(`/rounds/${roundId}/publish`, { instead_of: insteadOf });

export const discardPublication = (projectId: Id) =>
  api.post<unknown>(`/projects/${projectId}/publications/discard`);
