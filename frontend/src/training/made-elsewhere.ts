/** Runs that learn nothing: they take in the predictions of a file. */

import type { Run } from "@/api/types";
import { t } from "@/language/translate";

/** Where the predictions are from, in the place of a learner. */
export function madeElsewhere({ params }: Pick<Run, "params">): string {
  const file = String(params.file ?? "");
  return typeof params.model === "string" ? t("predictions of {model}, in {file}", { model: params.model, file }) : t("predictions in {file}", { file });
}
