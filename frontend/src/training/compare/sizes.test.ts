import { expect, test } from "vitest";

import { readSizes } from "@/training/compare/sizes";

test("numbers of labels are read however they are parted", () => {
  expect(readSizes("")).toEqual([]);
  expect(readSizes(" 100, 500;1000 ")).toEqual([100, 500, 1000]);
});

test("what is no whole number is refused", () => {
  expect(readSizes("100, many")).toBeNull();
  expect(readSizes("-5")).toBeNull();
  expect(readSizes("1.5")).toBeNull();
});
