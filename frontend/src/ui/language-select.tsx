import { NativeSelect, type NativeSelectProps } from "@mantine/core";

import { chooseLanguage, LANGUAGE, LANGUAGES, type Language } from "@/language/languages";
import { t } from "@/language/translate";

/** The language of all pages in this browser; each is named in itself. */
export function LanguageSelect(props: NativeSelectProps) {
  return (
    <NativeSelect {...props} label={t("Language")} value={LANGUAGE} onChange={(event) => chooseLanguage(event.currentTarget.value as Language)}>
      {Object.entries(LANGUAGES).map(([tag, name]) => (
        <option key={tag} value={tag} lang={tag}>
          {name}
        </option>
      ))}
    </NativeSelect>
  );
}
