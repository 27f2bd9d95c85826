/** API errors beside the field they are about, and above the form for the rest. */

import { ApiError } from "@/api/client";
import { t } from "@/language/translate";

export function fieldError(error: unknown, field: string): string | undefined {
  return error instanceof ApiError ? error.fields[field]?.join(" ") : undefined;
}

/** The error's own sentence, unless every field it names is shown in `shownBeside`. */
export function formError(error: unknown, shownBeside: readonly string[] = []): string | undefined {
  if (!(error instanceof ApiError)) return error ? t("Something failed on this page. Reload it and try again.") : undefined;
  const fields = Object.keys(error.fields);
  const elsewhere = fields.filter((field) => !shownBeside.includes(field));
  if (fields.length > 0 && elsewhere.length === 0) return undefined;
  const details = elsewhere.flatMap((field) => error.fields[field] ?? []).filter((text) => !error.message.includes(text));
  return [error.message, ...details].join(" ");
}
