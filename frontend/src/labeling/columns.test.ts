import { expect, test } from "vitest";

import { orderedValues, unusual, type Column } from "@/labeling/columns";

const column = (name: string, usual: Partial<Column> = {}): Column => ({ name, low: null, high: null, common: null, ...usual });

test("values are in the order of the file, pinned ones on top, unknown ones last", () => {
  const columns = ["width", "area", "colour"].map((name) => column(name));
  const row = { area: 1, colour: "red", unknown: 2, width: 3 };

  expect(orderedValues(row, columns).map(([name]) => name)).toEqual(["width", "area", "colour", "unknown"]);
  expect(orderedValues(row, columns, new Set(["unknown", "colour"])).map(([name]) => name)).toEqual(["colour", "unknown", "width", "area"]);
});

test("a number outside the percentiles is unusual, and one on them is not", () => {
  const area = column("area", { low: 2, high: 9 });

  expect(unusual(1, area)).toMatch(/^low/);
  expect(unusual(10, area)).toMatch(/^high/);
  for (const value of [2, 5, 9, null, "", "many"]) expect(unusual(value, area)).toBeUndefined();
});

test("a category that is seldom is unusual; where nothing is known of a column nothing is", () => {
  const colour = column("colour", { common: ["red", "true"] });

  expect(unusual("blue", colour)).toMatch(/^rare/);
  for (const value of ["red", true, null, ""]) expect(unusual(value, colour)).toBeUndefined();
  expect(unusual("blue", column("name"))).toBeUndefined();
  expect(unusual(1e9, undefined)).toBeUndefined();
});
