/** What the import page asks, and how the answers become options of the import. */

import type { Check, ImportOptions, Preview, Question } from "@/api/types";

/** By question: the class that its names are joined under, "" if they stay apart. */
export type JoinAnswers = Record<string, string>;

export const joinKey = (question: Question) => question.choices.join("\u0000");

/** The whole file knows of more class names than its first rows do. */
export function questionsOf(preview: Preview, check: Check | undefined): Question[] {
  const whole = check?.state === "done" ? check.report.questions : preview.questions;
  const isJoin = (question: Question) => question.about === "join_classes";
  return [...preview.questions.filter((one) => !isJoin(one)), ...whole.filter(isJoin)];
}

/** The options that an import starts with: what nobody answered is as it is likeliest. */
export function withJoins(options: ImportOptions, questions: Question[], answers: JoinAnswers): ImportOptions {
  const joined: Record<string, string> = { ...options.join_classes };
  for (const question of questions) {
    if (question.about !== "join_classes") continue;
    const name = answers[joinKey(question)] ?? question.chosen;
    if (name === "") continue;
    for (const variant of question.choices) if (variant !== "" && variant !== name) joined[variant] = name;
  }
  return Object.keys(joined).length > 0 ? { ...options, join_classes: joined } : options;
}

/** Class names as they are once the answers hold: each is told once, in its order. */
export function classNames(names: string[], options: ImportOptions): string[] {
  return [...new Set(names.map((name) => options.join_classes?.[name] ?? name))].filter((name) => name !== "");
}

/** The roles of columns, once this one is the label; "": none is. */
export function labelColumn(columns: Preview["columns"], chosen: ImportOptions["columns"], label: string): Record<string, string> {
  const before = columns.filter((one) => one.role === "label" && one.name !== label).map((one) => one.name);
  const roles = { ...chosen };
  for (const name of before) roles[name] = "ignore";
  if (label !== "") roles[label] = "label";
  return roles;
}
