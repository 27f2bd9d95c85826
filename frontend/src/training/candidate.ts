import type { HeldBack, Run } from "@/api/types";
import { plural, t } from "@/language/translate";
import { count, significant } from "@/ui/format";

/** The round that waits to be published: of the runs that are over, the newest one that is ready. Runs: newest first. */
export function candidateOf(runs: readonly Run[]) {
  const ready = runs.filter((run) => !run.is_open).flatMap((run) => run.rounds.filter((round) => round.state === "ready"));
  return ready.sort((a, b) => b.id - a.id).at(0);
}

/** "= 0.003", with two digits that count. */
export const pText = (p: number) => (p < 0.0001 ? `< ${significant(0.0001, 1)}` : `= ${significant(p, 2)}`);

/** Why a project that publishes by itself did not publish this round. */
export function heldText(held: HeldBack): string {
  switch (held.reason) {
    case "worse":
      return plural(
        held.n ?? 0,
        "Held back: on the same held-out item it is right on {fewer} fewer than what stands (p {p}).",
        "Held back: on the same {n} held-out items it is right on {fewer} fewer than what stands (p {p}).",
        { n: count(held.n ?? 0), fewer: count(held.n_fewer ?? 0), p: pText(held.p_value ?? 1) },
      );
    case "certificate":
      return t("Held back: certificate {number} is valid, and only a person publishes over it.", { number: held.certificate ?? "" });
    case "later_act":
      return t("Held back: somebody decided after it was made what stands.");
    case "not_compared":
      return t("Held back: its labels, or those that stand, came with a file, and no held-out item says which are better.");
    default:
      return t("Held back: it is sure of no item, so no machine label would be left.");
  }
}
