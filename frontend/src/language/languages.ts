/** The languages of the pages, and which of them this browser shows. */

/** By BCP 47 tag, each named in itself. English is in the code; every other has a folder of catalogues here. */
export const LANGUAGES = { en: "English", de: "Deutsch" } as const;

export type Language = keyof typeof LANGUAGES;

const STORED_AS = "assay-language";
const RIGHT_TO_LEFT = new Set(["ar", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"]);

const isLanguage = (tag: string | null | undefined): tag is Language => tag !== null && tag !== undefined && tag in LANGUAGES;

/** What the person chose here, else the first of the browser's languages that there is, else English. */
export function languageOf(stored: string | null, wanted: readonly string[]): Language {
  if (isLanguage(stored)) return stored;
  return wanted.map((tag) => tag.split("-")[0]).find(isLanguage) ?? "en";
}

export const directionOf = (tag: string): "ltr" | "rtl" => (RIGHT_TO_LEFT.has(tag.split("-")[0] ?? "") ? "rtl" : "ltr");

function stored(): string | null {
  try {
    return localStorage.getItem(STORED_AS);
  } catch {
    return null; // no storage, or it is forbidden: the browser's language will do
  }
}

/** Fixed while the page is open: what was said stays in one language. */
export const LANGUAGE: Language = typeof navigator === "undefined" ? "en" : languageOf(stored(), navigator.languages);

/** Show every page in this language, from a reload on; answers that wait in the browser stay there. */
export function chooseLanguage(language: Language): void {
  localStorage.setItem(STORED_AS, language);
  location.reload();
}
