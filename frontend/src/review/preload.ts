import { useEffect, useRef } from "react";

import type { Item } from "@/api/types";

/** Loads and decodes the images of the entries in hand, so that the next one paints in the same frame. */
export function usePreloadedImages(entries: readonly { item: Item }[]): void {
  const kept = useRef(new Map<string, HTMLImageElement>());
  useEffect(() => {
    const wanted = new Map<string, HTMLImageElement>();
    for (const entry of entries) {
      const url = entry.item.image?.url;
      if (url === undefined) continue;
      const image = kept.current.get(url) ?? new Image();
      if (image.src === "") {
        image.src = url;
        // A broken image is reported where it is shown.
        image.decode().catch(() => undefined);
      }
      wanted.set(url, image);
    }
    kept.current = wanted;
  }, [entries]);
}
