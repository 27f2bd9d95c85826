import { queryOptions } from "@tanstack/react-query";

import { pathWithQuery, unreachable } from "@/api/client";
import type { Health } from "@/api/types";

/** /health lives beside /api, and answers 503 with the same body when a part is down. */
export const healthQuery = queryOptions({
  queryKey: ["health"],
  queryFn: async (): Promise<Health> => {
    const response = await fetch(pathWithQuery("/health"), { headers: { Accept: "application/json" } }).catch(() => {
      throw unreachable();
    });
    return (await response.json()) as Health;
  },
  refetchInterval: 10_000,
  retry: false,
});
