import { expect, test } from "vitest";

import { findClasses } from "@/review/class-search";

const classes = ["sports car", "car", "truck"].map((name, i) => ({ id: i, name, colour: "#888888", hotkey: "", position: i }));

test("names that begin with the text come before those that hold it", () => {
  expect(findClasses(classes, "Car").map((one) => one.name)).toEqual(["car", "sports car"]);
  expect(findClasses(classes, "").map((one) => one.name)).toEqual(["sports car", "car", "truck"]);
  expect(findClasses(classes, "bus")).toEqual([]);
});
