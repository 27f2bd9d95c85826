import { expect, test } from "vitest";

import { runText } from "@/app/overview/run-text";

test("a run that takes a file's predictions in is not said to train", () => {
  expect(runText({ trigger: "file", number: 3, params: { file: "guesses.jsonl" } })).toBe("Run 3 takes in the predictions of guesses.jsonl");
  expect(runText({ trigger: "person", number: 4, params: {} })).toBe("Run 4 is training");
});
