import { expect, test } from "vitest";

import { clopperPearson } from "@/ui/intervals";

// From scipy.stats.beta.ppf, as training/rules/intervals.py uses it.
const KNOWN = [
  [0, 10, 0, 0.308497108],
  [10, 10, 0.691502892, 1],
  [1, 1, 0.025, 1],
  [45, 50, 0.781864634, 0.966724906],
  [950, 1000, 0.934609512, 0.962664602],
  [99990, 100000, 0.999816104, 0.999952045],
  [7, 13, 0.251345482, 0.807767558],
  [1, 100000, 0.000000253, 0.000055715],
] as const;

test.each(KNOWN)("%i of %i has the interval that the server gives", (right, n, low, high) => {
  const [lower, upper] = clopperPearson(right, n);
  expect(lower).toBeCloseTo(low, 8);
  expect(upper).toBeCloseTo(high, 8);
});

test("nothing counted says nothing", () => {
  expect(clopperPearson(0, 0)).toEqual([0, 1]);
});

test("the interval holds the share, mirrors when right and wrong trade places, and narrows with n", () => {
  for (const n of [1, 2, 7, 30]) {
    for (let right = 0; right <= n; right += 1) {
      const [low, high] = clopperPearson(right, n);
      const [mirrorLow, mirrorHigh] = clopperPearson(n - right, n);
      const [low4, high4] = clopperPearson(4 * right, 4 * n);
      const errors = [Math.abs(mirrorLow - (1 - high)), Math.abs(mirrorHigh - (1 - low))];
      expect(low <= right / n && right / n <= high && high4 - low4 < high - low, `${right} of ${n}`).toBe(true);
      expect(Math.max(...errors), `${right} of ${n}`).toBeLessThan(1e-9);
    }
  }
});

test("more right than counted is refused", () => {
  expect(() => clopperPearson(3, 2)).toThrow(RangeError);
});
