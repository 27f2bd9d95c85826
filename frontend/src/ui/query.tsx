import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { ApiError } from "@/api/client";
import { NotFoundPage } from "@/ui/not-found-page";
import { Failed, Loading } from "@/ui/states";

/** Shows a query's loading and failed states, and `children` when there is data. `what` is translated. */
export function Ready<T>({
  query,
  what,
  children,
}: {
  query: UseQueryResult<T>;
  what: string;
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.isError) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  return <Loading what={what} />;
}

/** `Ready` for a row that the address names by its id: the page is there only under the row's own project. */
export function ReadyOf<T extends { project_id: number }>({
  project,
  query,
  what,
  children,
}: {
  project: { id: number };
  query: UseQueryResult<T>;
  what: string;
  children: (data: T) => ReactNode;
}) {
  const isOfAnother = query.data !== undefined && query.data.project_id !== project.id;
  const isMissing = query.data === undefined && query.error instanceof ApiError && query.error.status === 404;
  if (isOfAnother || isMissing) return <NotFoundPage />;
  return (
    <Ready query={query} what={what}>
      {children}
    </Ready>
  );
}
