/** Brings the catalogue of the language chosen; English waits for nothing. */

import { directionOf, LANGUAGE } from "@/language/languages";
import { setCatalogue } from "@/language/translate";

const catalogues = { de: () => import("@/language/de") };

export async function loadLanguage(): Promise<void> {
  document.documentElement.lang = LANGUAGE;
  document.documentElement.dir = directionOf(LANGUAGE);
  setCatalogue(LANGUAGE === "en" ? {} : (await catalogues[LANGUAGE]()).default);
}
