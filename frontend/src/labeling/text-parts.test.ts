import { expect, test } from "vitest";

import { textParts } from "@/labeling/text-parts";

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
