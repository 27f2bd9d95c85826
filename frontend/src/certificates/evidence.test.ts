import { expect, test } from "vitest";

import { evidenceText, nearness } from "@/certificates/evidence";

const watch = (evidence: number, is_alarm = false) => ({ evidence, alarm_at: 40, is_alarm });

test("a bar is empty while nothing speaks against the promise, and full at the alarm", () => {
  expect(nearness(watch(1))).toBe(0);
  expect(nearness(watch(0.001))).toBe(0);
  expect(nearness(watch(40))).toBe(1);
  expect(nearness(watch(1e300))).toBe(1);
});

test("equal factors of evidence are equal lengths of the bar", () => {
  expect(nearness(watch(Math.sqrt(40)))).toBeCloseTo(0.5);
});

test("an alarm stays full though later audits were right", () => {
  expect(nearness(watch(2, true))).toBe(1);
});

test("evidence is a short number at every size", () => {
  expect([0.0001, 0.25, 1, 3.14159, 123.4, 999_999, 1e300].map(evidenceText)).toEqual([
    "under 0.01",
    "0.25",
    "1",
    "3.1",
    "123",
    "1,000,000",
    "over 1 million",
  ]);
});
