import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import type { Id, Preview } from "@/api/types";
import { cancelCheck, checkQuery, startCheck } from "@/labeling/api";

/** The whole of the uploads, counted in the background as soon as its first rows are known, and again when they change. */
export function useCheck(uploads: string[] | undefined, preview: Preview | undefined, project?: Id) {
  const client = useQueryClient();
  const { mutate, reset, data, error } = useMutation({ mutationFn: startCheck });
  useEffect(() => {
    if (uploads && preview && preview.n_rows_seen > 0) mutate({ uploads, item_type: preview.item_type, options: preview.options, project });
    else reset();
  }, [uploads, preview, project, mutate, reset]);
  const asked = useQuery({ ...checkQuery(data?.id ?? 0), enabled: data !== undefined });
  const stop = useMutation({
    mutationFn: cancelCheck,
    onSettled: (_, __, id) => client.invalidateQueries({ queryKey: checkQuery(id).queryKey }),
  });
  const check = data && (asked.data ?? data);
  return { check, error: error ?? asked.error, stop: check?.is_open ? () => stop.mutate(check.id) : undefined };
}

export type CheckState = ReturnType<typeof useCheck>;
