import { expect, test } from "vitest";

import type { Learner, Round, Run } from "@/api/types";
import { lastRound, measuredAlike, resultRows, settingRows } from "@/app/run-compare/side-by-side";

const param = (name: string, value: unknown) => ({ name, type: "float", default: value, low: null, high: null, choices: [], help: "" });
const LEARNERS = [
  { name: "svm", title: "", description: "", item_types: ["text"], params: [param("C", 1), param("max_iter", 100)] },
  { name: "knn", title: "", description: "", item_types: ["text"], params: [param("k", 5)] },
] as unknown as Learner[];
const run = (more: Partial<Run>) =>
  ({ learner: "svm", params: {}, policy: { kind: "fixed", threshold: 0.9 }, n_rounds: 3, seed: 0, created_by: "ada", rounds: [], ...more }) as Run;
const rows = (left: Run, right: Run) => settingRows(left, right, LEARNERS).map((row) => [row.name, row.left, row.right, row.differs]);

test("what differs comes first, and a setting left out is its default", () => {
  const found = rows(run({ params: { C: 1 } }), run({ params: { max_iter: 50 }, seed: 7 }));

  expect(found.slice(0, 3)).toEqual([
    ["max iter", "100", "50", true],
    ["seed", "0", "7", true],
    ["learner", "svm", "svm", false],
  ]);
  expect(found).toContainEqual(["C", "1", "1", false]);
});

test("a setting that only one learner or policy has is shown as missing in the other", () => {
  const found = rows(run({}), run({ learner: "knn", policy: { kind: "best_share", share: 0.25, balanced: true } }));

  expect(found).toContainEqual(["C", "1", "–", true]);
  expect(found).toContainEqual(["k", "–", "5", true]);
  expect(found).toContainEqual(["threshold policy", "fixed", "best share", true]);
  expect(found).toContainEqual(["policy: threshold", "0.9", "–", true]);
  expect(found).toContainEqual(["policy: balanced", "–", "yes", true]);
});

test("runs that are set alike differ in nothing", () => {
  expect(settingRows(run({}), run({}), LEARNERS).some((row) => row.differs)).toBe(false);
});

test("the last whole round is the last that was finished", () => {
  const rounds = [{ id: 1, finished_at: "2026-01-01" }, { id: 2, finished_at: "2026-01-02" }, { id: 3, finished_at: null }];
  expect(lastRound(run({ rounds: rounds as Run["rounds"] }))?.id).toBe(2);
  expect(lastRound(run({}))).toBeUndefined();
});

const measured = (n: number) => ({ n, accuracy: 0.9, low: 0.8, high: 0.95, macro: { precision: 0.9, recall: 0.9, f1: 0.9 }, ece_raw: 0.1, ece_calibrated: 0.05, log_loss: 0.3 });
const round = (metrics: object) =>
  ({ n_human: 10, labels_hash: "abc", code_version: "1", seconds: { fit: 2, predict: 3 }, metrics: { holdout: null, test: null, ...metrics } }) as unknown as Round;

test("results are told with their interval, and what neither measured is left out", () => {
  const found = resultRows(round({ holdout: measured(50), share_accepted: 0.5 }), round({ share_accepted: 0.25 }));

  expect(found).toContainEqual({ name: "Accuracy on the holdout (95% interval)", left: "90.0% (80.0% to 95.0%)", right: "–", differs: true });
  expect(found).toContainEqual({ name: "Coverage: accepted of the pool", left: "50.0%", right: "25.0%", differs: true });
  expect(found).toContainEqual({ name: "Time of the round", left: "5 s", right: "5 s", differs: false });
  expect(found.some((row) => row.name.includes("test set"))).toBe(false);
});

test("rounds that were measured on other items are known", () => {
  expect(measuredAlike(round({ holdout: measured(50) }), round({ holdout: measured(50) }))).toBe(true);
  expect(measuredAlike(round({ holdout: measured(50) }), round({ holdout: measured(60) }))).toBe(false);
  expect(measuredAlike(round({ holdout: measured(50) }), round({ test: measured(50) }))).toBe(false);
});
