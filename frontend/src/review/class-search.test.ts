import { expect, test } from "vitest";

import { findClasses, likeliestFirst } from "@/review/likeliest";

const classes = ["sports car", "car", "truck"].map((name, i) => ({ id: i, name, description: "", colour: "#888888", hotkey: "", position: i }));

test("names that begin with the text come before those that hold it", () => {
  expect(findClasses(classes, "Car").map((one) => one.name)).toEqual(["car", "sports car"]);
  expect(findClasses(classes, "").map((one) => one.name)).toEqual(["sports car", "car", "truck"]);
  expect(findClasses(classes, "bus")).toEqual([]);
});

test("the classes that the model holds likely are listed first, by 1, 10, 77 and 1,000 classes", () => {
  for (const n of [1, 10, 77, 1000]) {
    const many = Array.from({ length: n }, (_, i) => ({ id: i + 1, name: `class ${i + 1}`, description: "", colour: "#888888", hotkey: "", position: i }));
    const others = [n - 1, n - 2].filter((id) => id > 0).map((class_id, i) => ({ class_id, confidence: 0.2 - i / 10 }));
    const suggestion = { class_id: n, confidence: 0.7, others };

    const listed = findClasses(likeliestFirst(many, suggestion), "class").map((one) => one.id);

    const first = [n, ...others.map((one) => one.class_id)];
    expect(listed).toEqual([...first, ...many.map((one) => one.id).filter((id) => !first.includes(id))]);
    expect(likeliestFirst(many, null)).toEqual(many);
  }
});

test("words find a name in whatever order, and whatever stands between its own", () => {
  const banking = ["refund_wrong_amount", "refund_not_showing", "wrong_exchange_rate", "Wunderrefund wallet"].map((name, i) => ({ id: i, name, description: "", colour: "#888888", hotkey: "", position: i }));
  const names = (text: string) => findClasses(banking, text).map((one) => one.name);

  expect(names("refund w")).toEqual(["refund_wrong_amount", "Wunderrefund wallet"]);
  expect(names("amount refund")).toEqual(["refund_wrong_amount"]);
  expect(names("ref not")).toEqual(["refund_not_showing"]);
  expect(names("refund_w")).toEqual(["refund_wrong_amount"]);
  expect(names("_ -")).toEqual([]);
});
