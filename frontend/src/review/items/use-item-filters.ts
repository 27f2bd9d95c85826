import { useSearchParams } from "react-router";

import type { ItemFilters } from "@/labeling/api";
import type { RoundItemQuery } from "@/training/api";

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

  const change = (part: Partial<ItemFilters>) => setParams((now) => changed(now, part), { replace: true });
  return [filters, change];
}

const ROUND_NUMBERS = ["predicted", "truth", "confidence_min", "confidence_below"] as const;

/** The filters of a round's items, kept there too. */
export function useRoundItemFilters(): [RoundItemQuery, (change: Partial<RoundItemQuery>) => void] {
  const [params, setParams] = useSearchParams();
  const filters: RoundItemQuery = {};
  const of = params.get("of");
  if (of === "pool" || of === "holdout" || of === "test") filters.of = of;
  const order = params.get("order");
  if (order) filters.order = order;
  for (const name of ROUND_NUMBERS) {
    const value = params.get(name);
    if (value !== null && value !== "" && Number.isFinite(Number(value))) filters[name] = Number(value);
  }
  const change = (part: Partial<RoundItemQuery>) => setParams((now) => changed(now, part), { replace: true });
  return [filters, change];
}

function changed(now: URLSearchParams, part: object): URLSearchParams {
  const next = new URLSearchParams(now);
  for (const [name, value] of Object.entries(part)) {
    if (value === undefined || value === null) next.delete(name);
    else next.set(name, String(value));
  }
  return next;
}
