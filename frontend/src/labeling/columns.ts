/** The columns of table rows: their order, what is usual in each, and which of them a person pinned. */

import { useQuery } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { useParams } from "react-router";

import { api } from "@/api/client";
import type { Columns, Features, Id } from "@/api/types";
import { t } from "@/language/translate";

export type Column = Columns["columns"][number];
export type Row = Exclude<Features, unknown[]> | Record<string, unknown>;

/** Changed by imports alone. */
const FRESH_MS = 5 * 60_000;

/** Of the project that the page's address names. */
export function useColumns(isWanted = true): { columns: readonly Column[]; projectId: string } {
  const projectId = useParams().projectId ?? "";
  const { data } = useQuery({
    queryKey: ["projects", Number(projectId) as Id, "columns"],
    queryFn: () => api.get<Columns>(`/projects/${projectId}/columns`),
    enabled: isWanted && projectId !== "",
    staleTime: FRESH_MS,
  });
  return { columns: data?.columns ?? NONE, projectId };
}
const NONE: readonly Column[] = [];

/** Names and values of a row: those pinned first, each part in the order of the file. */
export function orderedValues(row: Row, columns: readonly Column[], pinned: ReadonlySet<string> = new Set()): [string, unknown][] {
  const places = new Map(columns.map((one, place) => [one.name, place]));
  const place = ([name]: [string, unknown]) => (places.get(name) ?? columns.length) - (pinned.has(name) ? 1e9 : 0);
  return Object.entries(row).sort((a, b) => place(a) - place(b));
}

/** Why a value is unusual in its column, in a word or two; undefined if it is not, or nobody can say. */
export function unusual(value: unknown, column: Column | undefined): string | undefined {
  if (column === undefined || value === null || value === undefined || value === "") return undefined;
  if (typeof value === "number") {
    if (column.low !== null && value < column.low) return t("low: under 1% of rows are below");
    if (column.high !== null && value > column.high) return t("high: under 1% of rows are above");
    return undefined;
  }
  // A word among numbers is not judged.
  return column.common !== null && !column.common.includes(String(value)) ? t("rare: under 1% of rows") : undefined;
}

const storageName = (projectId: string) => `assay-pins-${projectId}`;

/** Remembered in this browser; one that keeps nothing forgets them with the page. */
export function usePins(projectId: string) {
  const [pinned, setPinned] = useState<ReadonlySet<string>>(() => storedPins(projectId));
  const toggle = useCallback(
    (name: string) => {
      setPinned((before) => {
        const after = new Set(before);
        if (!after.delete(name)) after.add(name);
        try {
          window.localStorage.setItem(storageName(projectId), JSON.stringify([...after]));
        } catch {
          // They hold for this page then.
        }
        return after;
      });
    },
    [projectId],
  );
  return { pinned, toggle };
}

function storedPins(projectId: string): ReadonlySet<string> {
  try {
    const stored: unknown = JSON.parse(window.localStorage.getItem(storageName(projectId)) ?? "[]");
    return new Set(Array.isArray(stored) ? stored.filter((one) => typeof one === "string") : []);
  } catch {
    return new Set();
  }
}
