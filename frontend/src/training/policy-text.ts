import type { Policy } from "@/api/types";
import { t } from "@/language/translate";
import { decimal, percent, words } from "@/ui/format";

/** A policy in a few words. */
export function policyText(policy: Policy): string {
  const number = (name: string) => {
    const value = policy[name];
    return typeof value === "number" ? value : Number.NaN;
  };
  switch (policy.kind) {
    case "fixed":
      return t("accepts at {threshold} or more", { threshold: decimal(number("threshold"), 2) });
    case "scheduled":
      return t("accepts at {start}, going to {end}", { start: decimal(number("start"), 2), end: decimal(number("end"), 2) });
    case "best_share":
      return policy.balanced === true
        ? t("accepts the best, to {share} of the training mix, as many of each class", { share: percent(number("share"), 0) })
        : t("accepts the best, to {share} of the training mix", { share: percent(number("share"), 0) });
    default:
      return words(policy.kind);
  }
}
