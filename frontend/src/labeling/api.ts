/** Calls and queries of projects, members, classes, items, imports, exports and tokens. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { api, upload, type Query } from "@/api/client";
import type {
  Check,
  Deletion,
  Export,
  ExportFormat,
  Guide,
  Id,
  Import,
  ImportOptions,
  Item,
  ShownItem,
  ItemType,
  LabelClass,
  Member, NewMember,
  Moment,
  NewToken,
  Removal,
  Page,
  Preview,
  Progress,
  Project,
  ProjectSettings,
  Role,
  Token,
  UndoLook,
  Upload,
} from "@/api/types";

/** While work is open its row is asked for this often; otherwise not at all. */
export const LIVE_MS = 1000;

export const projectsQuery = queryOptions({
  queryKey: ["projects"],
  queryFn: () => api.get<Page<Project>>("/projects", { limit: 200 }),
});

export const deletionsQuery = queryOptions({
  queryKey: ["deletions"],
  queryFn: () => api.get<Page<Deletion>>("/deletions"),
});

export const projectQuery = (id: Id) =>
  queryOptions({ queryKey: ["projects", id], queryFn: () => api.get<Project>(`/projects/${id}`) });

export const progressQuery = (id: Id) =>
  queryOptions({
    queryKey: ["projects", id, "progress"],
    queryFn: () => api.get<Progress>(`/projects/${id}/progress`),
  });

export const timelineQuery = (id: Id) =>
  queryOptions({
    queryKey: ["projects", id, "timeline"],
    queryFn: () => api.get<Moment[]>(`/projects/${id}/timeline`),
  });

/** Examples of each class, those that somebody chose first. */
export const guideQuery = (id: Id) =>
  queryOptions({ queryKey: ["projects", id, "guide"], queryFn: () => api.get<Guide>(`/projects/${id}/guide`) });
export const chooseExample = (itemId: Id) => api.put<unknown>(`/items/${itemId}/example`, {});
export const forgetExample = (itemId: Id) => api.delete(`/items/${itemId}/example`);

/** These items, 200 at most, in order of id. */
export const itemsByIdQuery = (projectId: Id, ids: readonly Id[]) =>
  queryOptions({
    queryKey: ["projects", projectId, "items", "by-id", ids],
    queryFn: () => api.get<Page<Item>>(`/projects/${projectId}/items`, { ids: ids.join(","), limit: 200 }),
    enabled: ids.length > 0,
  });

export type NewProject = Pick<Project, "name" | "question" | "item_type" | "answers_wanted"> & { classes: string[] };

export const createProject = (input: NewProject) => api.post<Project>("/projects", input);
export const updateProject = (id: Id, change: Partial<ProjectSettings>) => api.patch<Project>(`/projects/${id}`, change);
export const deleteProject = (id: Id) => api.delete(`/projects/${id}`);

export const membersQuery = (projectId: Id) =>
  queryOptions({
    queryKey: ["projects", projectId, "members"],
    queryFn: () => api.get<Page<Member>>(`/projects/${projectId}/members`, { limit: 200 }),
  });
export const addMember = (projectId: Id, input: { username: string; role: Role; create: boolean }) =>
  api.post<NewMember>(`/projects/${projectId}/members`, input);
export const changeMember = (id: Id, role: Role) => api.patch<Member>(`/members/${id}`, { role });
export const removeMember = (id: Id) => api.delete(`/members/${id}`);

export type ClassInput = Partial<Omit<LabelClass, "id">>;
export const addClass = (projectId: Id, input: ClassInput) =>
  api.post<LabelClass>(`/projects/${projectId}/classes`, input);
export const updateClass = (id: Id, input: ClassInput) => api.patch<LabelClass>(`/classes/${id}`, input);
export const deleteClass = (id: Id) => api.delete(`/classes/${id}`);

export interface ItemFilters extends Query {
  source?: string;
  class?: number;
  confidence_min?: number;
  confidence_max?: number;
  split?: string;
  search?: string;
  order?: string;
}

export const itemsQuery = (projectId: Id, filters: ItemFilters) =>
  infiniteQueryOptions({
    queryKey: ["projects", projectId, "items", filters],
    queryFn: ({ pageParam, signal }) =>
      api.get<Page<Item>>(`/projects/${projectId}/items`, { ...filters, cursor: pageParam, limit: 50 }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

export const itemQuery = (id: Id) =>
  queryOptions({ queryKey: ["items", id], queryFn: () => api.get<ShownItem>(`/items/${id}`) });

export const uploadFile = (file: File, onProgress: (share: number) => void, signal?: AbortSignal) =>
  upload<Upload>("/uploads", file, onProgress, signal);

export const previewUploads = (input: { uploads: string[]; item_type?: ItemType; options?: ImportOptions }) =>
  api.post<Preview>("/previews", input);

export const startCheck = (input: { uploads: string[]; item_type: ItemType; options: ImportOptions; project?: Id }) =>
  api.post<Check>("/checks", input);
export const checkQuery = (id: Id) =>
  queryOptions({
    queryKey: ["checks", id],
    queryFn: () => api.get<Check>(`/checks/${id}`),
    refetchInterval: (query) => (query.state.data?.is_open === false ? false : LIVE_MS),
  });
export const cancelCheck = (id: Id) => api.post<unknown>(`/checks/${id}/cancel`);

export const startImport = (projectId: Id, input: { uploads: string[]; options: ImportOptions }) =>
  api.post<Import>(`/projects/${projectId}/imports`, input);

export const importsQuery = (projectId: Id) =>
  queryOptions({
    queryKey: ["projects", projectId, "imports"],
    queryFn: () => api.get<Page<Import>>(`/projects/${projectId}/imports`),
    refetchInterval: (query) => (query.state.data?.results.some((one) => one.is_open || one.undo?.is_open) ? LIVE_MS : false),
  });
export const importQuery = (id: Id) =>
  queryOptions({
    queryKey: ["imports", id],
    queryFn: () => api.get<Import>(`/imports/${id}`),
    refetchInterval: (query) => (query.state.data?.is_open === false ? false : LIVE_MS),
  });
export const cancelImport = (id: Id) => api.post<unknown>(`/imports/${id}/cancel`);

export const undoImport = (id: Id) => api.post<unknown>(`/imports/${id}/undo`);
/** What undoing the import would take away now. */
export const undoLookQuery = (id: Id) =>
  queryOptions({ queryKey: ["imports", id, "undo"], queryFn: () => api.get<UndoLook>(`/imports/${id}/undo`), staleTime: 0 });
/** What was taken away, the newest first; annotators are not told. Asked again when another undoing begins or ends. */
export const removalsQuery = (projectId: Id, nUndoing: number) =>
  queryOptions({ queryKey: ["projects", projectId, "removals", nUndoing], queryFn: () => api.get<Page<Removal>>(`/projects/${projectId}/removals`) });
/** `withWork`: also what people did on it. */
export const deleteItem = (id: Id, withWork: boolean) => api.delete(withWork ? `/items/${id}?with_work=true` : `/items/${id}`);

export const exportFormatsQuery = queryOptions({
  queryKey: ["export-formats"],
  queryFn: () => api.get<ExportFormat[]>("/export-formats"),
  staleTime: Infinity,
});

export const exportsQuery = (projectId: Id) =>
  queryOptions({
    queryKey: ["projects", projectId, "exports"],
    queryFn: () => api.get<Page<Export>>(`/projects/${projectId}/exports`),
    refetchInterval: (query) => (query.state.data?.results.some((one) => one.is_open) ? LIVE_MS : false),
  });
export const startExport = (projectId: Id, input: { format: string; filters: Query; as_of?: string; carried?: string[] }) =>
  api.post<Export>(`/projects/${projectId}/exports`, input);
export const cancelExport = (id: Id) => api.post<unknown>(`/exports/${id}/cancel`);
export const exportFileUrl = (id: Id) => `/api/exports/${id}/file`;

export const tokensQuery = queryOptions({ queryKey: ["tokens"], queryFn: () => api.get<Page<Token>>("/tokens") });
export const createToken = (name: string, days: number | null) => api.post<NewToken>("/tokens", { name, days });
export const deleteToken = (id: Token["id"]) => api.delete(`/tokens/${id}`);

export const changePassword = (given: { old_password: string; new_password: string; revoke_tokens: boolean }) =>
  api.put<{ n_tokens_revoked: number }>("/password", given);
