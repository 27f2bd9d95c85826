import { useCallback, useEffect, useRef } from "react";

import type { Id } from "@/api/types";

/** How much of a tile is in sight when it counts as seen. */
const SHARE = 0.5;

/** Begins to watch a tile whose content is there; returns how to stop. */
export type Watch = (tile: Element, entryId: Id) => () => void;

/** `onSeen` hears of tiles that were in sight while their content was there. */
export function useSeen(onSeen: (entryIds: Id[]) => void): Watch {
  const latest = useRef(onSeen);
  useEffect(() => {
    latest.current = onSeen;
  });
  const ids = useRef(new Map<Element, Id>());
  const observer = useRef<IntersectionObserver>(undefined);
  useEffect(() => () => observer.current?.disconnect(), []);

  return useCallback((tile, entryId) => {
    observer.current ??= new IntersectionObserver(
      (changes) => {
        const seen = changes.filter((one) => one.isIntersecting).map((one) => ids.current.get(one.target));
        const found = seen.filter((id) => id !== undefined);
        if (found.length > 0) latest.current(found);
      },
      { threshold: SHARE },
    );
    ids.current.set(tile, entryId);
    observer.current.observe(tile);
    return () => {
      ids.current.delete(tile);
      observer.current?.unobserve(tile);
    };
  }, []);
}
