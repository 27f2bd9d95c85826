/** Calls and queries of attempts to certify, certificates, their monitor and the plan. */

import { queryOptions } from "@tanstack/react-query";

import { api, ApiError } from "@/api/client";
import type { Attempt, Certificate, CertificateDocument, Id, Page, Plan, Promised } from "@/api/types";

const LIVE_MS = 1000;
const CALM_MS = 5000;

/** The newest forecast; null before there is one. */
export const planQuery = (projectId: Id) =>
  queryOptions({
    queryKey: ["projects", projectId, "plan"],
    queryFn: async (): Promise<Plan | null> => {
      try {
        return await api.get<Plan>(`/projects/${projectId}/plan`);
      } catch (error) {
        if (error instanceof ApiError && error.code === "no_forecast") return null;
        throw error;
      }
    },
    refetchInterval: 15_000,
  });

export const attemptsQuery = (projectId: Id) =>
  queryOptions({
    queryKey: ["projects", projectId, "attempts"],
    queryFn: () => api.get<Page<Attempt>>(`/projects/${projectId}/attempts`),
    refetchInterval: (query) => (query.state.data?.results.some((one) => one.state === "queued") ? LIVE_MS : CALM_MS),
  });

export interface NewAttempt {
  promise: Promised;
  eps: number;
  confidence: number;
  per_class: boolean;
  n_audits: number | null;
  n_second: number;
}

export const askAttempt = (projectId: Id, input: NewAttempt) => api.post<Attempt>(`/projects/${projectId}/attempts`, input);
export const abandonAttempt = (id: Id, reason: string) => api.post<Attempt>(`/attempts/${id}/abandon`, { reason });

export const certificatesQuery = (projectId: Id) =>
  queryOptions({
    queryKey: ["projects", projectId, "certificates"],
    queryFn: () => api.get<Page<Certificate>>(`/projects/${projectId}/certificates`),
    refetchInterval: CALM_MS,
  });

export const certificateQuery = (id: Id) =>
  queryOptions({
    queryKey: ["certificates", id],
    queryFn: () => api.get<Certificate>(`/certificates/${id}`),
    refetchInterval: (query) => (query.state.data?.sentence === null ? LIVE_MS : CALM_MS),
  });

/** What is certified never changes once it is written. */
export const documentQuery = (id: Id) =>
  queryOptions({
    queryKey: ["certificates", id, "document"],
    queryFn: () => api.get<CertificateDocument>(`/certificates/${id}/document`),
    staleTime: Infinity,
  });

export const documentUrl = (id: Id) => `/api/certificates/${id}/document`;
export const labelsUrl = (id: Id) => `/api/certificates/${id}/labels`;

export const revokeCertificate = (id: Id, reason: string) => api.post<Certificate>(`/certificates/${id}/revoke`, { reason });
export const askAudits = (id: Id, n: number) => api.post<{ n_asked: number }>(`/certificates/${id}/audits`, { n });
