/** How near a watch is to its alarm. */

import type { Watch } from "@/api/types";
import { LANGUAGE } from "@/language/languages";
import { t } from "@/language/translate";

/**
 * 0 to 1, on a scale of logarithms: evidence multiplies from audit to audit, so this grows evenly.
 * 1 is the alarm; evidence of 1 and less (nothing seen, or all well) is 0.
 */
export function nearness({ evidence, alarm_at, is_alarm }: Pick<Watch, "evidence" | "alarm_at" | "is_alarm">): number {
  if (is_alarm) return 1;
  if (evidence <= 1) return 0;
  return Math.min(1, Math.log(evidence) / Math.log(alarm_at));
}

const significant = (digits: number) => new Intl.NumberFormat(LANGUAGE, { maximumSignificantDigits: digits });

/** Evidence as a short number: "0.02", "3.1", "840", "over 1 million". */
export function evidenceText(evidence: number): string {
  if (evidence >= 1e6) return t("over 1 million");
  if (evidence > 0 && evidence < 0.01) return t("under {n}", { n: significant(2).format(0.01) });
  return significant(evidence >= 100 ? 3 : 2).format(evidence);
}
