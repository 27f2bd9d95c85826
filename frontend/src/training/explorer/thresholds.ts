/** What any threshold would do, from counts by class and confidence. Pure; all of it in the browser. */

import type { Confidences, Id } from "@/api/types";
import { clopperPearson, type Interval } from "@/ui/intervals";

export const STEPS = 1000; // bins in a confidence of 0 to 1; the last one, alone, is 1 itself

/** What a threshold accepts of some predictions, and how right the holdout says that is. */
export interface Outcome {
  n: number;
  accepted: number;
  /** To people: everything that is not accepted. */
  toPeople: number;
  /** Of the holdout's predictions, those at or above the threshold, and those of them that are right. */
  held: number;
  right: number;
  /** null: no holdout item is that sure, so nothing is known. */
  precision: number | null;
  /** Exact 95% interval of the precision. */
  interval: Interval;
}

export interface ClassOutcome extends Outcome {
  classId: Id;
}

/** Counts of bin k and above, for every k: what the threshold k / 1000 accepts. */
interface Tail {
  pool: Int32Array;
  held: Int32Array;
  right: Int32Array;
}

export interface Explorer {
  all: Tail;
  classes: { classId: Id; tail: Tail }[];
}

/** Sums once over the bins, so that a threshold costs one look-up for each class. */
export function explorerOf(counts: Confidences): Explorer {
  const classes = counts.classes.map((row) => {
    const tail = blankTail();
    for (const [bin = 0, n = 0] of row.pool) tail.pool[bin] = n;
    for (const [bin = 0, n = 0, right = 0] of row.holdout) {
      tail.held[bin] = n;
      tail.right[bin] = right;
    }
    addUp(tail);
    return { classId: row.class_id, tail };
  });
  const all = blankTail();
  for (const { tail } of classes) {
    for (const part of ["pool", "held", "right"] as const) {
      tail[part].forEach((n, bin) => {
        all[part][bin] = (all[part][bin] ?? 0) + n;
      });
    }
  }
  return { all, classes };
}

const blankTail = (): Tail => ({ pool: new Int32Array(STEPS + 1), held: new Int32Array(STEPS + 1), right: new Int32Array(STEPS + 1) });

function addUp(tail: Tail) {
  for (const counts of [tail.pool, tail.held, tail.right]) {
    for (let bin = STEPS - 1; bin >= 0; bin -= 1) counts[bin] = (counts[bin] ?? 0) + (counts[bin + 1] ?? 0);
  }
}

/** The bin whose lower edge is the threshold; thresholds are whole thousandths. */
export const binOf = (threshold: number) => Math.min(STEPS, Math.max(0, Math.round(threshold * STEPS)));

export const outcomeAt = (explorer: Explorer, threshold: number): Outcome => outcomeOf(explorer.all, binOf(threshold));

export const classOutcomesAt = (explorer: Explorer, threshold: number): ClassOutcome[] =>
  explorer.classes.map(({ classId, tail }) => ({ classId, ...outcomeOf(tail, binOf(threshold)) }));

function outcomeOf(tail: Tail, bin: number): Outcome {
  const n = tail.pool[0] ?? 0;
  const accepted = tail.pool[bin] ?? 0;
  const held = tail.held[bin] ?? 0;
  const right = tail.right[bin] ?? 0;
  return { n, accepted, toPeople: n - accepted, held, right, precision: held === 0 ? null : right / held, interval: exact(right, held) };
}

// Dragging asks for the same few counts over and over; an interval takes a tenth of a millisecond.
const known = new Map<number, Interval>();
const MOST_KNOWN = 50_000;

function exact(right: number, n: number): Interval {
  const key = n * 1e7 + right;
  const before = known.get(key);
  if (before !== undefined) return before;
  if (known.size > MOST_KNOWN) known.clear();
  const interval = clopperPearson(right, n);
  known.set(key, interval);
  return interval;
}
