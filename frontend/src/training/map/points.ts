/** The points of a map: what they are coloured by, which lie in a region, and how they are drawn. Pure. */

import type { Id, LabelClass, MapPoints } from "@/api/types";
import { msg, t } from "@/language/translate";

export const SOURCES = [msg("unlabeled"), msg("model"), msg("person")] as const;
export type ColourBy = "source" | "class" | "confidence" | "round";
export type Place = readonly [x: number, y: number]; // -1 to 1, y up

/** Where the map's middle lies on the canvas, and how many pixels one unit takes. */
export interface View {
  x: number;
  y: number;
  scale: number;
}

export interface Group {
  name: string;
  colour: string;
}

export interface Colouring {
  groups: Group[];
  /** Place in groups, for each point. */
  of: Uint16Array;
}

const MUTED = "#8b949e";
const CHOSEN = 0xff2d6fe8; // the orange rim of what is chosen, in ABGR
const SOURCE_COLOURS = [MUTED, "#8b6cf0", "#0f9b8e"];
// A ramp that stays in order for the colour-blind and in grey: dark and unsure to bright and sure.
const RAMP = ["#5b3a8e", "#3f5fa8", "#2a84a0", "#2ba37f", "#7dbb4a", "#d9c02f"];

export function colouringOf(points: MapPoints, by: ColourBy, classes: readonly LabelClass[]): Colouring {
  switch (by) {
    case "source":
      return { groups: SOURCES.map((name, i) => ({ name: t(name), colour: SOURCE_COLOURS[i] ?? MUTED })), of: Uint16Array.from(points.sources) };
    case "class": {
      const place = new Map(classes.map((one, i) => [one.id, i + 1]));
      return {
        groups: [{ name: t("no label"), colour: MUTED }, ...classes.map((one) => ({ name: one.name, colour: one.colour }))],
        of: Uint16Array.from(points.class_ids, (id) => place.get(id) ?? 0),
      };
    }
    case "confidence":
      return {
        groups: [
          { name: t("not predicted"), colour: MUTED },
          { name: t("below 50%"), colour: RAMP[0] ?? MUTED },
          ...[t("50 to 70%"), t("70 to 80%"), t("80 to 90%"), t("90 to 99%"), t("99% and over")].map((name, i) => ({ name, colour: RAMP[i + 1] ?? MUTED })),
        ],
        of: Uint16Array.from(points.confidences, confidenceGroup),
      };
    case "round":
      return {
        groups: [
          { name: t("no round yet"), colour: MUTED },
          ...points.round_names.map((name, i) => ({ name: t("round {round}", { round: name }), colour: rampAt(i / Math.max(1, points.round_names.length - 1)) })),
        ],
        of: Uint16Array.from(points.rounds, (place) => place + 1),
      };
  }
}

function confidenceGroup(thousandths: number): number {
  if (thousandths < 0) return 0;
  const steps = [500, 700, 800, 900, 990];
  return 1 + steps.filter((step) => thousandths >= step).length;
}

const rampAt = (share: number) => RAMP[Math.round(share * (RAMP.length - 1))] ?? MUTED;

/** How many of the points (all, or those chosen) are in each group. */
export function groupCounts({ groups, of }: Colouring, chosen?: readonly number[]): number[] {
  const counts = groups.map(() => 0);
  const add = (group: number | undefined) => {
    if (group !== undefined) counts[group] = (counts[group] ?? 0) + 1;
  };
  if (chosen) for (const i of chosen) add(of[i]);
  else for (const group of of) add(group);
  return counts;
}

/** Corners as two lists of numbers: a lasso has hundreds, and each is looked at for every point. */
interface Corners {
  x: Float64Array;
  y: Float64Array;
}

const cornersOf = (region: readonly Place[]): Corners => ({ x: Float64Array.from(region, ([x]) => x), y: Float64Array.from(region, ([, y]) => y) });

/** Whether (x, y) lies in the region, by how often a ray to the right crosses its border (even-odd rule). */
export const isInside = (x: number, y: number, region: readonly Place[]): boolean => isWithin(x, y, cornersOf(region));

function isWithin(x: number, y: number, corners: Corners): boolean {
  const n = corners.x.length;
  let inside = false;
  for (let i = 0, j = n - 1; i < n; j = i, i += 1) {
    const ay = corners.y[i] ?? 0;
    const by = corners.y[j] ?? 0;
    if (ay > y === by > y) continue;
    const ax = corners.x[i] ?? 0;
    if (x < (((corners.x[j] ?? 0) - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}

/** Positions in the lists of the points in the region whose group is shown. */
export function pointsInside(points: MapPoints, region: readonly Place[], isShown: (point: number) => boolean): number[] {
  if (region.length < 3) return [];
  const corners = cornersOf(region);
  const [left, right, low, high] = [Math.min(...corners.x), Math.max(...corners.x), Math.min(...corners.y), Math.max(...corners.y)];
  const found: number[] = [];
  for (let i = 0; i < points.x.length; i += 1) {
    const x = (points.x[i] ?? 0) / 10_000;
    const y = (points.y[i] ?? 0) / 10_000;
    if (x >= left && x <= right && y >= low && y <= high && isShown(i) && isWithin(x, y, corners)) found.push(i);
  }
  return found;
}

export const toPlace = (view: View, pixelX: number, pixelY: number): Place => [(pixelX - view.x) / view.scale, (view.y - pixelY) / view.scale];
export const toPixel = (view: View, [x, y]: Place): Place => [view.x + x * view.scale, view.y - y * view.scale];

/** The view after zooming by a factor, with what lies under (x, y) staying there. */
export function zoomed(view: View, factor: number, x: number, y: number): View {
  const scale = Math.min(200_000, Math.max(50, view.scale * factor));
  const by = scale / view.scale;
  return { scale, x: x - (x - view.x) * by, y: y - (y - view.y) * by };
}

/** The whole map in the middle of a canvas. */
export const wholeView = (width: number, height: number): View => ({ x: width / 2, y: height / 2, scale: 0.47 * Math.min(width, height) });

/** A CSS colour "#rrggbb" as a pixel of an ImageData read as 32-bit numbers, little-endian as all browsers are. */
export function pixelOf(colour: string): number {
  const value = /^#[0-9a-f]{6}$/i.test(colour) ? parseInt(colour.slice(1), 16) : 0x888888;
  return ((0xff << 24) | ((value & 0xff) << 16) | (value & 0xff00) | (value >> 16)) >>> 0;
}

export interface Drawing {
  points: MapPoints;
  colouring: Colouring;
  view: View;
  isShown: readonly boolean[]; // by group
  /** Points drawn as crosses rather than dots: what people said stands out by its shape. */
  isCross: (point: number) => boolean;
  chosen: ReadonlySet<number>;
}

/** Every point as a few pixels, written straight into the image; a map of 100,000 is drawn anew in every frame of a drag. */
export function drawPoints(pixels: Uint32Array, width: number, height: number, drawing: Drawing): void {
  const { points, colouring, view, isShown, isCross, chosen } = drawing;
  const n = points.x.length;
  const colours = Uint32Array.from(colouring.groups, (group) => pixelOf(group.colour));
  const isCrowded = n > 20_000 && view.scale < 1_000;
  const radius = isCrowded ? 0 : view.scale > 2_000 || n < 2_000 ? 2 : 1;
  const isChosen = new Uint8Array(n);
  for (const i of chosen) isChosen[i] = 1;
  pixels.fill(0);
  const box = (left: number, right: number, top: number, bottom: number, colour: number) => {
    const from = Math.max(0, left);
    const to = Math.min(width - 1, right);
    const last = Math.min(height - 1, bottom);
    for (let y = Math.max(0, top); y <= last; y += 1) {
      for (let x = from; x <= to; x += 1) pixels[y * width + x] = colour;
    }
  };
  for (const isTop of [false, true]) {
    for (let i = 0; i < n; i += 1) {
      const group = colouring.of[i] ?? 0;
      const isAbove = isChosen[i] === 1 || isCross(i);
      if (isAbove !== isTop || !isShown[group]) continue;
      const x = Math.round(view.x + ((points.x[i] ?? 0) / 10_000) * view.scale);
      const y = Math.round(view.y - ((points.y[i] ?? 0) / 10_000) * view.scale);
      if (x < -4 || y < -4 || x > width + 4 || y > height + 4) continue;
      const colour = colours[group] ?? 0xff888888;
      let r = radius + 2;
      if (isChosen[i] === 1) box(x - r, x + r, y - r, y + r, CHOSEN);
      if (isCross(i)) {
        box(x - r, x + r, y, y, colour);
        box(x, x, y - r, y + r, colour);
      } else {
        r = radius;
        box(x - r, x + r, y - r, y + r, colour);
      }
    }
  }
}

/** The shown point nearest to a pixel, within a few of them; -1 if there is none. */
export function pointAt(points: MapPoints, view: View, x: number, y: number, isShown: (point: number) => boolean, within = 8): number {
  let best = -1;
  let nearest = within * within;
  for (let i = 0; i < points.x.length; i += 1) {
    const dx = view.x + ((points.x[i] ?? 0) / 10_000) * view.scale - x;
    const dy = view.y - ((points.y[i] ?? 0) / 10_000) * view.scale - y;
    const distance = dx * dx + dy * dy;
    if (distance < nearest && isShown(i)) {
      nearest = distance;
      best = i;
    }
  }
  return best;
}

/** The points after these items were labeled by a person: the map as it would be drawn now. */
export function relabeled(points: MapPoints, itemIds: ReadonlySet<Id>, classId: Id): MapPoints {
  const is = points.item_ids.map((id) => itemIds.has(id));
  return {
    ...points,
    sources: points.sources.map((value, i) => (is[i] ? 2 : value)),
    class_ids: points.class_ids.map((value, i) => (is[i] ? classId : value)),
    confidences: points.confidences.map((value, i) => (is[i] ? -1 : value)),
    rounds: points.rounds.map((value, i) => (is[i] ? points.round_names.length - 1 : value)),
  };
}
