/** What is done with the items of a region. */

import { api } from "@/api/client";
import type { Id, Picked } from "@/api/types";

/** The items wait in the queue, ahead of what a refill chose. */
export const pickItems = (projectId: Id, item_ids: readonly Id[]) => api.post<Picked>(`/projects/${projectId}/queue/items`, { item_ids });

/** All of them get the label, past the queue; or none, where one of them cannot. */
export const labelItems = (projectId: Id, itemIds: readonly Id[], classId: Id) =>
  api.post<unknown>(
    `/projects/${projectId}/labels`,
    itemIds.map((item_id) => ({ item_id, class_id: classId })),
  );
