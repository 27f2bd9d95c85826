import { expect, test } from "vitest";

import type { LabelClass, MapPoints } from "@/api/types";
import { colouringOf, drawPoints, groupCounts, isInside, pixelOf, pointAt, pointsInside, relabeled, toPixel, toPlace, wholeView, zoomed } from "@/training/map/points";

const POINTS: MapPoints = {
  item_ids: [10, 11, 12, 13],
  x: [0, 5000, -5000, 9000],
  y: [0, 5000, -5000, 0],
  sources: [0, 1, 2, 1],
  class_ids: [0, 7, 8, 99],
  confidences: [400, 990, -1, 899],
  rounds: [-1, 1, 0, 1],
  round_names: ["1.1", "2.1"],
};
const CLASSES = [
  { id: 7, name: "cat", colour: "#ff0000" },
  { id: 8, name: "dog", colour: "#00ff00" },
] as LabelClass[];
const all = () => true;

test("every point is in the group of what it is coloured by", () => {
  const named = (by: "source" | "class" | "confidence" | "round") => {
    const { groups, of } = colouringOf(POINTS, by, CLASSES);
    return [...of].map((group) => groups[group]?.name);
  };
  expect(named("source")).toEqual(["unlabeled", "model", "person", "model"]);
  expect(named("class")).toEqual(["no label", "cat", "dog", "no label"]); // 99 was deleted since
  expect(named("confidence")).toEqual(["below 50%", "99% and over", "not predicted", "80 to 90%"]);
  expect(named("round")).toEqual(["no round yet", "round 2.1", "round 1.1", "round 2.1"]);
  expect(groupCounts(colouringOf(POINTS, "source", CLASSES))).toEqual([1, 2, 1]);
  expect(groupCounts(colouringOf(POINTS, "source", CLASSES), [1, 3])).toEqual([0, 2, 0]);
});

test("a lasso takes what it goes around, hollows left out, and nothing that is hidden", () => {
  const square = [[-0.1, -0.1], [0.6, -0.1], [0.6, 0.6], [-0.1, 0.6]] as const;
  expect(pointsInside(POINTS, square, all)).toEqual([0, 1]);
  expect(pointsInside(POINTS, square, (point) => point !== 1)).toEqual([0]);
  const crescent = [[-1, -1], [1, -1], [1, 1], [0.5, 1], [0.5, -0.5], [-1, -0.5]] as const;
  expect(isInside(0, 0, crescent)).toBe(false);
  expect(isInside(0.9, 0, crescent)).toBe(true);
  expect(pointsInside(POINTS, square.slice(0, 2), all)).toEqual([]);
});

test("zooming leaves what lies under the pointer where it is, and places come back from pixels", () => {
  const view = zoomed(wholeView(640, 480), 3, 100, 50);
  const before = toPlace(wholeView(640, 480), 100, 50);
  const [x, y] = toPixel(view, before);
  expect(x).toBeCloseTo(100);
  expect(y).toBeCloseTo(50);
  expect(pointAt(POINTS, view, ...(toPixel(view, [0.5, 0.5]) as [number, number]), all)).toBe(1);
  expect(pointAt(POINTS, view, -500, -500, all)).toBe(-1);
});

test("what is drawn lies where the view says, in its colour, and a hidden group is not drawn", () => {
  const pixels = new Uint32Array(100 * 100);
  const colouring = colouringOf(POINTS, "class", CLASSES);
  const view = wholeView(100, 100);
  const drawing = { points: POINTS, colouring, view, isShown: [true, true, true], isCross: () => false, chosen: new Set<number>() };
  const [x, y] = toPixel(view, [0.5, 0.5]).map(Math.round) as [number, number];

  drawPoints(pixels, 100, 100, drawing);
  expect(pixels[y * 100 + x]).toBe(pixelOf("#ff0000"));
  drawPoints(pixels, 100, 100, { ...drawing, isShown: [true, false, true] });
  expect(pixels[y * 100 + x]).toBe(0);
});

test("labeling a region changes its points and no others", () => {
  const after = relabeled(POINTS, new Set([10, 13]), 8);
  expect(after.sources).toEqual([2, 1, 2, 2]);
  expect(after.class_ids).toEqual([8, 7, 8, 8]);
  expect(after.rounds).toEqual([1, 1, 0, 1]);
  expect(POINTS.sources).toEqual([0, 1, 2, 1]);
});

test("a hundred thousand points are drawn and chosen from", () => {
  const n = 100_000;
  const draw = (step: number) => Array.from({ length: n }, (_, i) => ((i * step) % 20_001) - 10_000);
  const zeros = new Array<number>(n).fill(0);
  const many: MapPoints = { ...POINTS, item_ids: zeros.map((_, i) => i + 1), x: draw(7919), y: draw(104_729), sources: zeros, class_ids: zeros, confidences: zeros, rounds: zeros };
  const pixels = new Uint32Array(900 * 600);
  const colouring = colouringOf(many, "source", CLASSES);
  drawPoints(pixels, 900, 600, { points: many, colouring, view: wholeView(900, 600), isShown: [true, true, true], isCross: () => false, chosen: new Set() });
  expect(pixels.some((pixel) => pixel !== 0)).toBe(true);
  expect(pointsInside(many, [[-1, -1], [1.01, -1.01], [1.01, 1.01], [-1, 1.01]], all).length).toBeGreaterThan(n * 0.99);
});
