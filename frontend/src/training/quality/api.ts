/** Calls and queries of inspections. */

import { queryOptions } from "@tanstack/react-query";

import { api } from "@/api/client";
import type { Flag, Id, Inspection, InspectionSummary, MapPoints, Page } from "@/api/types";

export const inspectionsQuery = (projectId: Id) =>
  queryOptions({
    queryKey: ["projects", projectId, "inspections"],
    queryFn: () => api.get<Page<InspectionSummary>>(`/projects/${projectId}/inspections`),
    refetchInterval: (query) => (query.state.data?.results[0]?.is_open ? 1000 : 15_000),
  });

export const inspectionQuery = (id: Id) =>
  queryOptions({
    queryKey: ["inspections", id],
    queryFn: () => api.get<Inspection>(`/inspections/${id}`),
    refetchInterval: (query) => (query.state.data?.is_open === false ? false : 2000),
  });

/** The map of a finished inspection; it never changes. */
export const mapQuery = (id: Id) =>
  queryOptions({
    queryKey: ["inspections", id, "map"],
    queryFn: () => api.get<MapPoints>(`/inspections/${id}/map`),
    staleTime: Infinity,
  });

export const startInspection = (projectId: Id) => api.post<Inspection>(`/projects/${projectId}/inspections`, {});
export const cancelInspection = (id: Id) => api.post<Inspection>(`/inspections/${id}/cancel`);

/** Each of the candidates is flagged, with its reason; those new in the queue come back. */
export const flagCandidates = (id: Id, item_ids: Id[]) => api.post<Flag[]>(`/inspections/${id}/flag`, { item_ids });
