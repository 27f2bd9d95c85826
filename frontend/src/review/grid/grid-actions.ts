/** What can be done in the grid. Buttons, keys and help all read this list. */

import type { LabelClass } from "@/api/types";
import type { Action } from "@/keys/registry";
import { t } from "@/language/translate";
import { classActionId, classKeys } from "@/review/actions";

export interface GridSurface {
  hasItem: () => boolean;
  canUndo: () => boolean;
  /** Tiles in one row, as laid out now. */
  columns: () => number;
  /** Whether the tiles of a row go from right to left. */
  isRightToLeft: () => boolean;
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
    group: t("Move"),
    keys,
    isEnabled,
    repeats: true,
    perform: () => surface.move(by()),
  });
  return [
    ...classes.map((one): Action => ({
      id: classActionId(one.id),
      title: t("It is {name}", { name: one.name }),
      short: one.name,
      group: t("Mark the item"),
      keys: classKeys(classes, one),
      isEnabled,
      perform: () => surface.label(one.id),
    })),
    { id: "toggle", title: t("Wrong, or right after all"), short: t("Wrong"), group: t("Mark the item"), keys: ["Space"], isEnabled, perform: surface.toggle },
    { id: "search", title: t("Find the class that it is"), short: t("Find"), group: t("Mark the item"), keys: ["/"], isEnabled, perform: surface.openSearch },
    { id: "open", title: t("Look closer"), short: t("Closer"), group: t("Mark the item"), keys: ["."], isEnabled, perform: surface.openItem },
    { id: "confirm", title: t("Confirm what was seen of the page"), short: t("Confirm"), group: t("The page"), keys: ["Enter"], isEnabled, perform: surface.confirm },
    { id: "undo", title: t("Undo the last page"), short: t("Undo"), group: t("The page"), keys: ["z", "Backspace"], isEnabled: surface.canUndo, perform: surface.undo },
    move("left", t("To the left"), ["ArrowLeft"], () => (surface.isRightToLeft() ? 1 : -1)),
    move("right", t("To the right"), ["ArrowRight"], () => (surface.isRightToLeft() ? -1 : 1)),
    move("up", t("Up"), ["ArrowUp"], () => -surface.columns()),
    move("down", t("Down"), ["ArrowDown"], surface.columns),
    move("first", t("To the first"), ["Home"], () => -Infinity),
    move("last", t("To the last"), ["End"], () => Infinity),
    { id: "help", title: t("Show keys"), short: t("Keys"), group: t("The page"), keys: ["?"], perform: surface.openHelp },
  ];
}
