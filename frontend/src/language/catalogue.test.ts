import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

import { languageOf, LANGUAGES } from "@/language/languages";
import { plural, setCatalogue, t } from "@/language/translate";

const SOURCE = join(import.meta.dirname, "..");
const CATALOGUES = Object.keys(LANGUAGES).filter((language) => language !== "en");

/** Every text that the code can show, and the file that says it: the first texts of t, tc, msg, rich and plural. */
function textsInCode(): { keys: Map<string, string>; notLiteral: string[] } {
  const keys = new Map<string, string>();
  const notLiteral: string[] = [];
  const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" });
  for (const name of files.filter((one) => /\.tsx?$/.test(one) && !/\.test\.ts$|^language\/|schema\.d\.ts$/.test(one))) {
    const source = ts.createSourceFile(name, readFileSync(join(SOURCE, name), "utf8"), ts.ScriptTarget.ESNext, true, name.endsWith("x") ? ts.ScriptKind.TSX : ts.ScriptKind.TS);
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
        const literals = node.arguments.map((one) => (ts.isStringLiteralLike(one) ? one.text : undefined));
        const called = node.expression.text;
        const key = called === "tc" ? `${literals[1]} [${literals[0]}]` : called === "plural" ? literals[2] : literals[0];
        if (["t", "tc", "msg", "rich", "plural"].includes(called)) {
          if (key !== undefined) keys.set(key, name);
          else if (called !== "t") notLiteral.push(`${name}: ${node.getText()}`);
        }
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return { keys, notLiteral };
}

const NAME = /\{\w+\}/g;
const names = (text: string) => (text.match(NAME) ?? []).sort().join(" ");

const { keys, notLiteral } = textsInCode();

test("every text that is shown is written out where it is said", () => {
  expect(notLiteral).toEqual([]);
  expect(keys.size).toBeGreaterThan(0);
});

test.each(CATALOGUES)("%s says everything that the code says, in one place each, and nothing else", (language) => {
  const folder = join(SOURCE, "language", language);
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  const all = files.flatMap((name) => Object.entries<string | Record<string, string>>(JSON.parse(readFileSync(join(folder, name), "utf8"))));
  const translated = all.map(([key]) => key);
  expect(translated.filter((key, at) => translated.indexOf(key) !== at), "said twice").toEqual([]);
  expect([...keys.keys()].filter((key) => !translated.includes(key)), "not translated").toEqual([]);
  expect(translated.filter((key) => !keys.has(key)), "not in the code").toEqual([]);
  for (const [key, text] of all) {
    const wanted = names(key.replace(/ \[[^\]]*\]$/, ""));
    const forms: Record<string, string> = typeof text === "string" ? { other: text } : text;
    expect(`${key}: ${names(forms.other ?? "")}`).toBe(`${key}: ${wanted}`);
    // "The last item" needs no number, but every form that the language has.
    for (const form of Object.values(forms)) expect(wanted.split(" "), `${key}: ${form}`).toEqual(expect.arrayContaining(form.match(NAME) ?? []));
    const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions();
    if (typeof text !== "string") expect(`${key}: ${Object.keys(text).sort().join(" ")}`).toBe(`${key}: ${[...pluralCategories].sort().join(" ")}`);
  }
});

test("the person's choice comes before the browser's languages, and English before nothing", () => {
  expect(languageOf("de", ["en-GB"])).toBe("de");
  expect(languageOf(null, ["fr-FR", "de-AT", "en"])).toBe("de");
  expect(languageOf("xx", ["fr"])).toBe("en");
});

test("names in braces are filled in, also where a translation moves them", () => {
  setCatalogue({ "{n} of {all}": "von {all} {n}", "{n} items": { one: "{n} Ding", other: "{n} Dinge" } });
  expect(t("{n} of {all}", { n: 1, all: "3" })).toBe("von 3 1");
  expect(plural(1, "{n} item", "{n} items", { n: 1 })).toBe("1 Ding");
  expect(plural(2, "{n} item", "{n} items", { n: "2" })).toBe("2 Dinge");
  setCatalogue({});
  expect(plural(1, "{n} item", "{n} items", { n: "1" })).toBe("1 item");
});
