/** One stop of the Tab key for many cells; the arrow keys walk among them (WAI-ARIA's grid pattern). */

import { useState, type KeyboardEvent } from "react";

interface Roving {
  tabIndex: (row: number, column: number) => 0 | -1;
  onKeyDown: (event: KeyboardEvent<HTMLElement>) => void;
  onFocus: (row: number, column: number) => void;
}

const MOVES: Record<string, (row: number, column: number, nRows: number, nColumns: number) => [number, number]> = {
  ArrowLeft: (row, column) => [row, column - 1],
  ArrowRight: (row, column) => [row, column + 1],
  ArrowUp: (row, column) => [row - 1, column],
  ArrowDown: (row, column) => [row + 1, column],
  Home: (row) => [row, 0],
  End: (row, _, __, nColumns) => [row, nColumns - 1],
};

/** Where columns go from right to left, the arrows to the sides change places. */
function towards({ key, currentTarget }: KeyboardEvent<HTMLElement>): string {
  if (getComputedStyle(currentTarget).direction !== "rtl") return key;
  return key === "ArrowLeft" ? "ArrowRight" : key === "ArrowRight" ? "ArrowLeft" : key;
}

/** Cells carry `data-cell="row,column"` and live in the element that gets onKeyDown. */
export function useRoving(nRows: number, nColumns: number): Roving {
  const [[row, column], setPlace] = useState<[number, number]>([0, 0]);
  return {
    tabIndex: (r, c) => (r === Math.min(row, nRows - 1) && c === Math.min(column, nColumns - 1) ? 0 : -1),
    onFocus: (r, c) => setPlace([r, c]),
    onKeyDown: (event) => {
      const move = MOVES[towards(event)];
      if (move === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      const [r, c] = move(row, column, nRows, nColumns);
      if (r < 0 || c < 0 || r >= nRows || c >= nColumns) return;
      event.preventDefault();
      event.currentTarget.querySelector<HTMLElement>(`[data-cell="${r},${c}"]`)?.focus();
    },
  };
}
