import { expect, test } from "vitest";

import type { Removal } from "@/api/types";
import { together } from "@/labeling/removed";

const removal = (about: Partial<Removal>) => ({ id: 1, import_id: null, item_id: null, key: "", n_items: 1, n_kept: 0, ...about }) as Removal;

test("the batches of an undone import are one row, and deleted items stay one each", () => {
  const rows = [
    removal({ id: 5, import_id: 7, n_items: 20 }),
    removal({ id: 4, key: "a" }),
    removal({ id: 3, import_id: 7, n_items: 500 }),
    removal({ id: 2, key: "b" }),
    removal({ id: 1, import_id: 6, n_items: 3 }),
  ];

  expect(together(rows).map(({ id, n_items }) => [id, n_items])).toEqual([
    [5, 520],
    [4, 1],
    [2, 1],
    [1, 3],
  ]);
  expect(rows[0]?.n_items).toBe(20);
});
