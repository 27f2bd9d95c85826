import { useSearchParams } from "react-router";

import type { ItemFilters } from "@/labeling/api";

const TEXTS = ["source", "split", "search", "order"] as const;
const NUMBERS = ["class", "confidence_min", "confidence_max"] as const;

/** The item filters, kept in the page's address. */
export function useItemFilters(): [ItemFilters, (change: Partial<ItemFilters>) => void] {
  const [params, setParams] = useSearchParams();
  const filters: ItemFilters = {};
  for (const name of TEXTS) {
    const value = params.get(name);
    if (value) filters[name] = value;
  }
  for (const name of NUMBERS) {
    const value = params.get(name);
    if (value !== null && value !== "" && Number.isFinite(Number(value))) filters[name] = Number(value);
  }

  function change(part: Partial<ItemFilters>) {
    setParams(
      (now) => {
        const next = new URLSearchParams(now);
        for (const [name, value] of Object.entries(part)) {
          if (value === undefined || value === null) next.delete(name);
          else next.set(name, String(value));
        }
        return next;
      },
      { replace: true },
    );
  }
  return [filters, change];
}
