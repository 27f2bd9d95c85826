import { expect, test } from "vitest";

import { textParts, weightyParts } from "@/labeling/text-parts";

const found = (text: string, words: string) =>
  textParts(text, words)
    .filter((one) => one.isFound)
    .map((one) => one.text);

test("words are found in any case, and signs are signs", () => {
  expect(found("A refund. REFUND (a.b)*!", "refund")).toEqual(["refund", "REFUND"]);
  expect(found("A refund. REFUND (a.b)* axb", "(a.b)*")).toEqual(["(a.b)*"]);
  expect(found("größe GRÖSSE Größe", "GRÖßE")).toEqual(["größe", "Größe"]);
});

test("the parts together are the text, whatever is searched", () => {
  for (const words of ["", " ", "a", "aa", "zz", "[", "\\", "a a"]) {
    expect(
      textParts("aaa a a [x] \\ aa", words)
        .map((one) => one.text)
        .join(""),
    ).toBe("aaa a a [x] \\ aa");
  }
  expect(textParts("", "a")).toEqual([{ text: "", isFound: false }]);
});

test("only whole words weigh, in any case and script, and the parts together are the text", () => {
  const text = "Goal! The goalkeeper saw a GOAL; мир, קטן (c++).";
  const parts = weightyParts(text, [
    { word: "goal", weight: 3 },
    { word: "мир", weight: 1.5 },
    { word: "קטן", weight: 0.5 },
  ]);
  expect(parts.map((one) => one.text).join("")).toBe(text);
  expect(parts.filter((one) => one.strength).map((one) => [one.text, one.strength])).toEqual([
    ["Goal", 3],
    ["GOAL", 3],
    ["мир", 2],
    ["קטן", 1],
  ]);
});

test("words that look like patterns are words, and no words leave the text in one part", () => {
  expect(weightyParts("a.b (x)", [{ word: "a.b", weight: 1 }]).map((one) => one.text)).toEqual(["a.b", " (x)"]);
  expect(weightyParts("axb", [{ word: "a.b", weight: 1 }])).toEqual([{ text: "axb", isFound: false }]);
  expect(weightyParts("a b", [])).toEqual([{ text: "a b", isFound: false }]);
});
