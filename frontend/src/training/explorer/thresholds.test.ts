import { expect, test } from "vitest";

import type { Confidences } from "@/api/types";
import { classOutcomesAt, explorerOf, outcomeAt } from "@/training/explorer/thresholds";
import { clopperPearson } from "@/ui/intervals";

const COUNTS: Confidences = {
  n_pool: 100,
  n_holdout: 20,
  classes: [
    { class_id: 7, pool: [[300, 10], [900, 20], [1000, 5]], holdout: [[899, 3, 1], [900, 6, 6]] },
    { class_id: 9, pool: [[500, 25], [950, 40]], holdout: [[500, 4, 2], [950, 7, 6]] },
  ],
};

test("a threshold accepts what lies at or above it and leaves the rest to people", () => {
  const explorer = explorerOf(COUNTS);

  expect(outcomeAt(explorer, 0.5)).toMatchObject({ n: 100, accepted: 90, toPeople: 10, held: 20, right: 15, precision: 0.75 });
  expect(outcomeAt(explorer, 0.9)).toMatchObject({ accepted: 65, toPeople: 35, held: 13, right: 12 });
  expect(outcomeAt(explorer, 0.901)).toMatchObject({ accepted: 45, held: 7, right: 6 });
  expect(outcomeAt(explorer, 0.99)).toMatchObject({ accepted: 5, held: 0, right: 0, precision: null, interval: [0, 1] });
});

test("the classes add up to the whole at every threshold, and each has its own exact interval", () => {
  const explorer = explorerOf(COUNTS);
  for (let step = 0; step <= 1000; step += 1) {
    const all = outcomeAt(explorer, step / 1000);
    const classes = classOutcomesAt(explorer, step / 1000);
    for (const part of ["n", "accepted", "toPeople", "held", "right"] as const) {
      expect(classes.reduce((sum, one) => sum + one[part], 0)).toBe(all[part]);
    }
    for (const one of classes) expect(one.interval).toEqual(clopperPearson(one.right, one.held));
  }
});

test("a higher threshold never accepts more", () => {
  const explorer = explorerOf(COUNTS);
  let before = Infinity;
  for (let step = 500; step <= 1000; step += 1) {
    const { accepted } = outcomeAt(explorer, step / 1000);
    expect(accepted).toBeLessThanOrEqual(before);
    before = accepted;
  }
});

test("a threshold that floats write inexactly is the one that is meant", () => {
  const explorer = explorerOf({ n_pool: 1, n_holdout: 0, classes: [{ class_id: 1, pool: [[570, 1]], holdout: [] }] });
  expect(outcomeAt(explorer, 0.57).accepted).toBe(1);
  expect(outcomeAt(explorer, 0.1 + 0.2 + 0.27).accepted).toBe(1);
  expect(outcomeAt(explorer, 0.571).accepted).toBe(0);
});

test("a million predictions of 77 classes are summed and asked about well within a frame", () => {
  const counts: Confidences = {
    n_pool: 1_000_000,
    n_holdout: 7_700,
    classes: Array.from({ length: 77 }, (_, id) => ({
      class_id: id + 1,
      pool: Array.from({ length: 1001 }, (_, bin) => [bin, 13]),
      holdout: Array.from({ length: 100 }, (_, bin) => [900 + bin, 1, bin % 9 ? 1 : 0]),
    })),
  };
  const explorer = explorerOf(counts);
  expect(outcomeAt(explorer, 0).accepted).toBe(77 * 1001 * 13);
  expect(classOutcomesAt(explorer, 0.95)).toHaveLength(77);
});
