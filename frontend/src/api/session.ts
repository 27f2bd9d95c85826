/** Who is signed in. */

import { queryOptions, useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";

import { api, ApiError } from "@/api/client";
import type { Me } from "@/api/types";

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: async (): Promise<Me | null> => {
    try {
      return await api.get<Me>("/session");
    } catch (error) {
      if (error instanceof ApiError && error.isSignedOut) return null;
      throw error;
    }
  },
  staleTime: Infinity,
});

export function useSession() {
  return useQuery(sessionQuery);
}

/** Another person may see other projects: nothing that the last one saw may stay. */
function forgetAllBut(client: QueryClient, me: Me | null): void {
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== sessionQuery.queryKey[0] });
  client.setQueryData(sessionQuery.queryKey, me);
}

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (input: { username: string; password: string }) => {
      // Asking who is signed in brings the CSRF cookie, which may have gone with the session.
      await client.fetchQuery({ ...sessionQuery, staleTime: 0 });
      return api.post<Me>("/session", input);
    },
    onSuccess: (me) => forgetAllBut(client, me),
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.delete("/session"),
    onSuccess: () => forgetAllBut(client, null),
  });
}
