/** Parts of a page that come after its first paint. */

import { lazy, useEffect, type ComponentType, type LazyExoticComponent } from "react";

const AFTER_MS = 10_000; // of the first items, which come before anything else

interface Later<Props> {
  Part: LazyExoticComponent<ComponentType<Props>>;
  /** Fetched soon after the page is there, so that it opens without a network too. */
  useSoon: () => void;
}

export function lazily<Props>(load: () => Promise<ComponentType<Props>>): Later<Props> {
  const Part = lazy(async () => ({ default: await load() }));
  function useSoon() {
    useEffect(() => {
      const timer = setTimeout(() => void load().catch(() => undefined), AFTER_MS);
      return () => clearTimeout(timer);
    }, []);
  }
  return { Part, useSoon };
}
