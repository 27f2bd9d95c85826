import type { Removal } from "@/api/types";

/** An undone import goes in batches, each a row of its own: here it is one, at the moment of its last. */
export function together(rows: readonly Removal[]): Removal[] {
  const of = new Map<number, Removal>();
  const found: Removal[] = [];
  for (const row of rows) {
    const first = row.import_id === null ? undefined : of.get(row.import_id);
    if (first) {
      first.n_items += row.n_items;
      continue;
    }
    const mine = { ...row };
    found.push(mine);
    if (row.import_id !== null) of.set(row.import_id, mine);
  }
  return found;
}
