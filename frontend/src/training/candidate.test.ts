import { expect, test } from "vitest";

import type { RoundSummary, Run } from "@/api/types";
import { candidateOf, heldText, pText } from "@/training/candidate";

const round = (id: number, state: RoundSummary["state"]) => ({ id, state }) as RoundSummary;
const run = (is_open: boolean, ...rounds: RoundSummary[]) => ({ is_open, rounds }) as unknown as Run;

test("the candidate is the newest round that is ready, of a run that is over", () => {
  expect(candidateOf([])).toBeUndefined();
  expect(candidateOf([run(false, round(3, "published"))])).toBeUndefined();
  const runs = [run(true, round(9, "ready")), run(false, round(5, "skipped"), round(6, "ready")), run(false, round(4, "ready"))];
  expect(candidateOf(runs)?.id).toBe(6);
});

test("a round that is held back says why, with its numbers", () => {
  const held = { reason: "worse", sentence: "", n: 400, n_fewer: 12, p_value: 0.00312, certificate: null } as const;
  expect(heldText(held)).toBe("Held back: on the same 400 held-out items it is right on 12 fewer than what stands (p = 0.0031).");
  expect(heldText({ ...held, reason: "certificate", certificate: 3 })).toContain("certificate 3 is valid");
});

test("a very small p is said to be one", () => {
  expect(pText(1e-9)).toBe("< 0.0001");
});
