import { expect, test } from "vitest";

import type { Plan, PlanRow } from "@/api/types";
import { confidencesOf, epsOf, planText, priceText, rough, rowFor } from "@/certificates/plan";

const row = (eps: number, confidence: number, about: Partial<PlanRow> = {}) =>
  ({ eps, confidence, promise: "dataset", answers_wanted: 1, n_total: 0, ...about }) as PlanRow;
const rows = [row(0.02, 0.95), row(0.01, 0.99, { n_total: 7 }), row(0.01, 0.95), row(0.01, 0.95, { answers_wanted: 2, n_total: 9 })];

test("the table has each goal once, the strictest first", () => {
  expect(epsOf(rows)).toEqual([0.01, 0.02]);
  expect(confidencesOf(rows)).toEqual([0.95, 0.99]);
});

test("a row is found by goal and people per item, though floating point blurs the goal", () => {
  const goal = { promise: "dataset", eps: 1 - 0.99, confidence: 0.95 } as const;
  expect(rowFor(rows, goal, 2)?.n_total).toBe(9);
  expect(rowFor(rows, { ...goal, confidence: 0.99 }, 1)?.n_total).toBe(7);
});

test("a goal between the rows has none", () => {
  expect(rowFor(rows, { promise: "dataset", eps: 0.015, confidence: 0.95 }, 1)).toBeUndefined();
  expect(rowFor(rows, { promise: "machine", eps: 0.01, confidence: 0.95 }, 1)).toBeUndefined();
});

test("a forecast is printed no finer than it knows", () => {
  expect([7, 99, 137, 1620, 60_000].map(rough)).toEqual([7, 99, 140, 1600, 60_000]);
});

test("a price says what it is made up of, and what it leaves without a label", () => {
  const one = row(0.01, 0.95, { n_total: 1600, low: 1200, high: 2300, n_audits: 640, n_review: 860, n_unlabeled: 0 });
  expect(priceText(one)).toBe(
    "about 1,600 human labels, 1,200 to 2,300: 100 to train on, 640 blind audits, about 860 items that the machine is least sure of.",
  );
  const machine = row(0.01, 0.95, { n_total: 1480, low: 1480, high: 1480, n_audits: 690, n_review: 0, n_unlabeled: 400, answers_wanted: 2 });
  expect(priceText(machine)).toContain("690 blind audits, 2 answers each. About 400 items stay without a label.");
});

test("a forecast that is out of date says what has changed, and no number of its own", () => {
  const own = row(0.01, 0.95, { n_total: 200, low: 200, high: 200, n_audits: 0, n_review: 100, n_unlabeled: 0 });
  const plan = { own, sentence: "About 200 human labels.", is_by_model: true, n_unknown: 0, is_out_of_date: true } as Plan;
  const changes = [
    { what: "items", before: 248, now: 1200 },
    { what: "eps", before: 0.01, now: 0.05 },
    { what: "round", before: null, now: null },
  ] as Plan["changes"];

  const said = planText({ ...plan, changes });

  expect(said).toContain("It was made for 248 items, and there are 1,200.");
  expect(said).toContain("At most 1% were to be wrong, and 5% by now.");
  expect(said).not.toContain("200 human labels");
});

test("a forecast without audits says that people label every item", () => {
  const own = row(0.01, 0.95, { n_total: 1200, low: 1200, high: 1200, n_audits: 0, n_review: 950, n_unlabeled: 0 });
  const plan = { own, is_by_model: true, n_unknown: 950, is_out_of_date: false, changes: [] } as unknown as Plan;

  const said = planText(plan);

  expect(said).toContain("about 950 more, every one that is left");
  expect(said).toContain("people label every item");
  expect(said).toContain("950 items came after the round");
  expect(said).not.toContain("0 blind audits");
});
