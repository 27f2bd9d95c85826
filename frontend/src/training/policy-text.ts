import type { Policy } from "@/api/types";
import { percent, words } from "@/ui/format";

/** A policy in a few words. */
export function policyText(policy: Policy): string {
  const number = (name: string) => {
    const value = policy[name];
    return typeof value === "number" ? value : Number.NaN;
  };
  switch (policy.kind) {
    case "fixed":
      return `accepts at ${number("threshold").toFixed(2)} or more`;
    case "scheduled":
      return `accepts at ${number("start").toFixed(2)}, going to ${number("end").toFixed(2)}`;
    case "best_share":
      return `accepts the best, to ${percent(number("share"), 0)} of the training mix${policy.balanced === true ? ", as many of each class" : ""}`;
    default:
      return words(policy.kind);
  }
}
