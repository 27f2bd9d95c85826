/** What may help with the items in hand: fetched once each has come, behind whatever the person does. */

import { useEffect, useRef, useState } from "react";

import type { Entry, Explanation, Id } from "@/api/types";
import { fetchExplanations } from "@/review/api";

/** Item id -> its explanation, of those in hand that have one. Without a server there are none, and nothing is said. */
export function useExplanations(projectId: Id, entries: readonly Entry[]): ReadonlyMap<Id, Explanation> {
  const [known, setKnown] = useState<ReadonlyMap<Id, Explanation>>(new Map());
  const asked = useRef(new Set<Id>());
  useEffect(() => {
    const missing = entries.filter((one) => one.suggestion !== null && !asked.current.has(one.item.id)).map((one) => one.item.id);
    if (missing.length === 0) return;
    for (const id of missing) asked.current.add(id);
    fetchExplanations(projectId, missing)
      .then((found) => setKnown((before) => new Map([...before, ...found.map((one) => [one.item_id, one] as const)])))
      .catch(() => {
        for (const id of missing) asked.current.delete(id); // asked again with the next items
      });
  }, [projectId, entries]);
  return known;
}
