import { expect, test } from "vitest";

import { FIT, fitScale, MAX_SCALE, pan, zoomAt, type View } from "@/labeling/image-view";

const FRAME = { width: 800, height: 600 };
const IMAGE = { width: 1600, height: 1200 };

/** Which pixel of the image lies at a place of the frame, both from their middle. */
const pixelAt = (view: View, at: { x: number; y: number }) => ({ x: (at.x - view.x) / view.scale, y: (at.y - view.y) / view.scale });

test("the whole image fits its frame, and a small one is enlarged", () => {
  expect(fitScale({ width: 1600, height: 300 }, FRAME)).toBe(0.5);
  expect(fitScale({ width: 28, height: 28 }, FRAME)).toBeCloseTo(600 / 28);
});

test("the pixel under the pointer stays there while zooming", () => {
  const pointer = { x: 120, y: -80 };
  let view = zoomAt(FIT(IMAGE, FRAME), 2, pointer, IMAGE, FRAME);
  const before = pixelAt(view, pointer);
  view = zoomAt(view, 1.5, pointer, IMAGE, FRAME);

  expect(pixelAt(view, pointer).x).toBeCloseTo(before.x);
  expect(pixelAt(view, pointer).y).toBeCloseTo(before.y);
});

test("zooming out ends where the image fits, in the middle", () => {
  const near = zoomAt(FIT(IMAGE, FRAME), 8, { x: 200, y: 200 }, IMAGE, FRAME);
  const far = zoomAt(near, 1 / 100, { x: -300, y: 10 }, IMAGE, FRAME);

  expect(far).toEqual(FIT(IMAGE, FRAME));
});

test("zooming in has an end", () => {
  expect(zoomAt(FIT(IMAGE, FRAME), 1e9, { x: 0, y: 0 }, IMAGE, FRAME).scale).toBe(MAX_SCALE);
});

test("the image cannot be pushed out of its frame", () => {
  const near = zoomAt(FIT(IMAGE, FRAME), 4, { x: 0, y: 0 }, IMAGE, FRAME);
  const pushed = pan(near, 1e6, -1e6, IMAGE, FRAME);

  expect(pushed.x).toBe((IMAGE.width * near.scale - FRAME.width) / 2);
  expect(pushed.y).toBe(-(IMAGE.height * near.scale - FRAME.height) / 2);
  expect(pan(FIT(IMAGE, FRAME), 50, 50, IMAGE, FRAME)).toEqual(FIT(IMAGE, FRAME));
});
