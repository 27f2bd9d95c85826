/** What can be done in the grid. Buttons, keys and help all read this list. */

import type { LabelClass } from "@/api/types";
import type { Action } from "@/keys/registry";
import { classActionId, classKeys } from "@/review/actions";

export interface GridSurface {
  hasItem: () => boolean;
  canUndo: () => boolean;
  /** Tiles in one row, as laid out now. */
  columns: () => number;
  move: (by: number) => void;
  toggle: () => void;
  label: (classId: number) => void;
  confirm: () => void;
  undo: () => void;
  openSearch: () => void;
  openItem: () => void;
  openHelp: () => void;
}

export function gridActions(classes: readonly LabelClass[], surface: GridSurface): Action[] {
  const isEnabled = surface.hasItem;
  const move = (id: string, title: string, keys: string[], by: () => number): Action => ({
    id,
    title,
    group: "Move",
    keys,
    isEnabled,
    repeats: true,
    perform: () => surface.move(by()),
  });
  return [
    ...classes.map((one): Action => ({
      id: classActionId(one.id),
      title: `It is ${one.name}`,
      short: one.name,
      group: "Mark the item",
      keys: classKeys(classes, one),
      isEnabled,
      perform: () => surface.label(one.id),
    })),
    { id: "toggle", title: "Wrong, or right after all", short: "Wrong", group: "Mark the item", keys: ["Space"], isEnabled, perform: surface.toggle },
    { id: "search", title: "Find the class that it is", short: "Find", group: "Mark the item", keys: ["/"], isEnabled, perform: surface.openSearch },
    { id: "open", title: "Look closer", short: "Closer", group: "Mark the item", keys: ["."], isEnabled, perform: surface.openItem },
    { id: "confirm", title: "Confirm the rest of the page", short: "Confirm", group: "The page", keys: ["Enter"], isEnabled, perform: surface.confirm },
    { id: "undo", title: "Undo the last page", short: "Undo", group: "The page", keys: ["z", "Backspace"], isEnabled: surface.canUndo, perform: surface.undo },
    move("left", "To the left", ["ArrowLeft"], () => -1),
    move("right", "To the right", ["ArrowRight"], () => 1),
    move("up", "Up", ["ArrowUp"], () => -surface.columns()),
    move("down", "Down", ["ArrowDown"], surface.columns),
    move("first", "To the first", ["Home"], () => -Infinity),
    move("last", "To the last", ["End"], () => Infinity),
    { id: "help", title: "Show keys", short: "Keys", group: "The page", keys: ["?"], perform: surface.openHelp },
  ];
}
