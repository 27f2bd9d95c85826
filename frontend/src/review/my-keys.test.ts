import fc from "fast-check";
import { expect, test } from "vitest";

import type { LabelClass } from "@/api/types";
import { keyProblem, withChosenKeys } from "@/keys/my-keys";
import { findClashes, findPressed, type Action } from "@/keys/registry";
import { lookActions, searchAction, StageControl } from "@/labeling/stage-control";
import { reviewActions, type ReviewSurface } from "@/review/actions";
import { gridActions, type GridSurface } from "@/review/grid/grid-actions";

const nothing = () => undefined;
const yes = () => true;
const review: ReviewSurface = {
  hasItem: yes, hasSuggestion: yes, canUndo: yes, label: nothing, accept: nothing, skip: nothing, undo: nothing,
  openFlag: nothing, openSearch: nothing, openGuide: nothing, openHelp: nothing,
};
const grid: GridSurface = {
  hasItem: yes, canUndo: yes, columns: () => 4, isRightToLeft: () => false, move: nothing, toggle: nothing, label: nothing, confirm: nothing, undo: nothing,
  openSearch: nothing, openItem: nothing, openHelp: nothing,
};
const isOn = (action: Action): Action => ({ ...action, isEnabled: yes });

/** Every page of keys, with everything enabled at once. */
function pages(hotkeys: readonly string[]): Action[][] {
  const classes = hotkeys.map((hotkey, i): LabelClass => ({ id: i + 1, name: `class ${i + 1}`, description: "", colour: "#888888", hotkey, position: i }));
  const control = new StageControl();
  return [
    [...reviewActions(classes, review), ...lookActions(control)].map(isOn),
    [...reviewActions(classes, review), searchAction].map(isOn),
    gridActions(classes, grid).map(isOn),
  ];
}

const key = fc.constantFrom(..."abcxyz1290+-,.;:'/?ящ".split(""), "Enter", "Space", "Backspace", "ArrowLeft", "Home");
const hotkeys = fc.uniqueArray(fc.constantFrom(..."abcdezf0123456789".split("")), { maxLength: 14 });
const ids = [...new Set(pages(Array.from({ length: 14 }, () => "")).flat().map((one) => one.id))];
const choices = fc.dictionary(fc.constantFrom(...ids), fc.uniqueArray(key, { maxLength: 3 }), { maxKeys: 12 });

test("whatever a person chose, no two enabled actions of a page share a key", () => {
  fc.assert(
    fc.property(hotkeys, choices, (wanted, chosen) => {
      for (const actions of pages(wanted)) expect(findClashes(withChosenKeys(actions, chosen))).toEqual([]);
    }),
    { numRuns: 200, seed: 3 },
  );
});

test("a key that is free is the action's from then on, and its old one is free", () => {
  const [actions = []] = pages(["", "", ""]);

  expect(keyProblem(actions, "undo", "u")).toBeUndefined();
  const mine = withChosenKeys(actions, { undo: ["u"] });

  const press = (name: string) => findPressed(mine, { key: name, code: "", ctrlKey: false, metaKey: false, altKey: false }).found;
  expect(press("u")).toMatchObject({ kind: "action", action: { id: "undo" } });
  expect(press("z")).toEqual({ kind: "none" });
  expect(withChosenKeys(actions, {})).toEqual(actions);
});

test("a key that another action has is refused with its name, and so is one of the browser", () => {
  const [actions = []] = pages(["", "", ""]);

  expect(keyProblem(actions, "undo", "f")).toContain("Flag with a note");
  expect(keyProblem(actions, "undo", "1")).toContain("class 1");
  expect(keyProblem(actions, "undo", "z")).toBeUndefined();
  for (const key of ["Tab", "F5", "", "Shift", "Dead"]) expect(keyProblem(actions, "undo", key)).toContain("browser");
});
