import { QueryClient } from "@tanstack/react-query";

import { ApiError, onSignedOut } from "@/api/client";
import { sessionQuery } from "@/api/session";

/** One cache for the page; whatever call hears that the session is over ends it for all. */
export function createClient(): QueryClient {
  const client = new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 2_000,
        // What is wrong stays wrong; only what passes is tried again.
        retry: (n_failures, error) => error instanceof ApiError && error.isPassing && n_failures < 2,
      },
    },
  });
  onSignedOut(() => client.setQueryData(sessionQuery.queryKey, null));
  return client;
}
