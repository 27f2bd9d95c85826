import type { Run } from "@/api/types";
import { t } from "@/language/translate";

/** What an open run does: one that has a file's predictions for its round trains nothing. */
export function runText(run: Pick<Run, "trigger" | "number" | "params">): string {
  if (run.trigger !== "file") return t("Run {number} is training", { number: run.number });
  return t("Run {number} takes in the predictions of {file}", { number: run.number, file: String(run.params.file ?? "") });
}
