/**
 * Sentences of the pages in the reader's language. The English sentence is the key, so that code reads as what it
 * shows and English needs no catalogue; docs/decisions/0013 says why this is not a library.
 */

import { LANGUAGE } from "@/language/languages";

/** By English text, or "text [context]"; a plural has a form for each category of Intl.PluralRules. */
export type Catalogue = Record<string, string | Partial<Record<Intl.LDMLPluralRule, string>>>;

export type Value = string | number;

/** Text that is known before the catalogue is, such as in a table of constants. Not a string: only t() shows it. */
export type Message = { readonly english: string };

/** The names in braces: "{n} of {all}" has "n" and "all". */
export type Names<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;

type Literal<Text extends string> = string extends Text ? never : Text;
type Values<Text extends string> = [Names<Text>] extends [never] ? [] : [values: Record<Names<Text>, Value>];

let catalogue: Catalogue | undefined;
const pluralRules = new Intl.PluralRules(LANGUAGE);

/** Before the first page is drawn; English has an empty one. */
export function setCatalogue(texts: Catalogue): void {
  catalogue = texts;
}

/** Marks text in a constant for the catalogues. */
export const msg = <Text extends string>(text: Literal<Text>): Message => ({ english: text });

/** `text` in the reader's language, its names in braces filled in. */
export function t(text: Message, values?: Record<string, Value>): string;
export function t<Text extends string>(text: Literal<Text>, ...values: Values<Text>): string;
export function t(text: string | Message, values: Record<string, Value> = {}): string {
  return filled(found(typeof text === "string" ? text : text.english), values);
}

/** The same for a word that other languages say differently by context: tc("state of an entry", "open"). */
export function tc<Text extends string>(context: string, text: Literal<Text>, ...values: Values<Text>): string {
  return filled(found(`${text as string} [${context}]`, text), values[0] ?? {});
}

/** "1 item", "2 items": `n` chooses the form, and `values` holds it as it is to be shown. */
export function plural<One extends string, Other extends string>(
  n: number,
  one: Literal<One>,
  other: Literal<Other>,
  ...values: Values<Other>
): string {
  const forms = entry(other);
  const category = pluralRules.select(n);
  const text = typeof forms === "object" ? (forms[category] ?? forms.other ?? other) : n === 1 ? one : other;
  return filled(text as string, values[0] ?? {});
}

/** The text with its names still in braces, for parts that are not text; see rich.tsx. */
export const found = (key: string, text = key): string => {
  const translated = entry(key);
  return typeof translated === "string" ? translated : text;
};

function entry(key: string): Catalogue[string] | undefined {
  if (catalogue === undefined) throw new Error(`“${key}” was asked for before its language was there: use msg() in constants.`);
  return catalogue[key];
}

const filled = (text: string, values: Record<string, Value>): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
