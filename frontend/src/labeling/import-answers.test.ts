import { expect, test } from "vitest";

import type { Check, Preview, Question } from "@/api/types";
import { classNames, joinKey, labelColumn, questionsOf, withJoins } from "@/labeling/import-answers";
import { problemsCsv } from "@/labeling/problems-csv";

const join = (...names: string[]): Question => ({ about: "join_classes", sentence: "", choices: [...names, ""], chosen: names[0] ?? "" });
const who: Question = { about: "labels_from", sentence: "", choices: ["person", "machine"], chosen: "person" };

test("names are joined under the likeliest unless somebody says otherwise", () => {
  const question = join("Positive", "positive", "POSITIVE");

  expect(withJoins({}, [who, question], {}).join_classes).toEqual({ positive: "Positive", POSITIVE: "Positive" });
  expect(withJoins({}, [question], { [joinKey(question)]: "positive" }).join_classes).toEqual({ Positive: "positive", POSITIVE: "positive" });
  expect(withJoins({ format: "csv" }, [question], { [joinKey(question)]: "" })).toEqual({ format: "csv" });
});

test("classes that are joined are told once, and those joined to none are not told", () => {
  const options = { join_classes: { positive: "Positive", "n/a": "" } };

  expect(classNames(["Positive", "positive", "bad", "n/a"], options)).toEqual(["Positive", "bad"]);
});

test("joins are asked of the whole file once it is counted, other questions of its first rows", () => {
  const preview = { questions: [who, join("a", "A")] } as unknown as Preview;
  const check = (state: string) => ({ state, report: { questions: [who, join("b", "B")] } }) as unknown as Check;

  expect(questionsOf(preview, undefined)).toEqual([who, join("a", "A")]);
  expect(questionsOf(preview, check("running"))).toEqual([who, join("a", "A")]);
  expect(questionsOf(preview, check("done"))).toEqual([who, join("b", "B")]);
});

test("one column is the label, and what else was set of columns stays", () => {
  const columns = [
    { name: "mood", role: "label" },
    { name: "kind", role: "extra" },
  ] as unknown as Preview["columns"];

  expect(labelColumn(columns, { id: "id" }, "kind")).toEqual({ id: "id", mood: "ignore", kind: "label" });
  expect(labelColumn(columns, undefined, "")).toEqual({ mood: "ignore" });
});

test("problems are a table that every spreadsheet reads, and no cell of it is a formula", () => {
  const problems = [
    { row: 3, file: "a.csv", field: "text", message: 'It says "no", twice.' },
    { row: null, file: "=cmd.csv", field: "", message: "two\nlines" },
  ];

  expect(problemsCsv(problems)).toBe(
    '\ufefffile,row,field,message\r\na.csv,3,text,"It says ""no"", twice."\r\n\'=cmd.csv,,,"two\nlines"\r\n',
  );
});
