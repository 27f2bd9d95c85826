import { expect, test } from "vitest";

import { newKey } from "@/review/key";

test("keys are random UUIDs of version 4, no two alike", () => {
  const keys = Array.from({ length: 1000 }, newKey);

  expect(new Set(keys).size).toBe(1000);
  for (const key of keys) expect(key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
