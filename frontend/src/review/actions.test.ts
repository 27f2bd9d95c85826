import { expect, test } from "vitest";

import type { LabelClass } from "@/api/types";
import { findAction, findClashes } from "@/keys/registry";
import { hotkeyProblem, reviewActions, type ReviewSurface } from "@/review/actions";

const classes = (hotkeys: string[]): LabelClass[] =>
  hotkeys.map((hotkey, position) => ({ id: position + 1, name: `class ${position + 1}`, description: "", colour: "#888888", hotkey, position }));

function surface(calls: string[]): ReviewSurface {
  const say = (name: string) => (value?: number | string) => void calls.push(value === undefined ? name : `${name} ${value}`);
  return {
    hasItem: () => true,
    hasSuggestion: () => true,
    canUndo: () => true,
    label: say("label"),
    accept: say("accept"),
    skip: say("skip"),
    undo: say("undo"),
    openFlag: say("flag"),
    openSearch: say("search"),
    openGuide: say("guide"),
    openHelp: say("help"),
  };
}

test("no two enabled actions share a key, with all ten digits and letters in use", () => {
  const hotkeys = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "a", "q", "x"];

  expect(findClashes(reviewActions(classes(hotkeys), surface([])))).toEqual([]);
});

test("the digit of its place answers with a class whose own key is another, and never with two", () => {
  const actions = reviewActions(classes(["b", "a", "1", ""]), surface([]));

  expect(findClashes(actions)).toEqual([]);
  expect(findAction(actions, "b")).toMatchObject({ action: { title: "class 1" } });
  expect(findAction(actions, "1")).toMatchObject({ action: { title: "class 3" } });
  expect(findAction(actions, "2")).toMatchObject({ action: { title: "class 2" } });
  expect(findAction(actions, "4")).toMatchObject({ action: { title: "class 4" } });
});

test("a class that asks for a key of the page does not get it, and the reason can be shown", () => {
  const actions = reviewActions(classes(["z", "F", "/"]), surface([]));

  expect(findClashes(actions)).toEqual([]);
  expect(findAction(actions, "z")).toMatchObject({ action: { id: "undo" } });
  expect(hotkeyProblem("z")).toContain("Undo");
  expect(hotkeyProblem("a")).toBeUndefined();
});

test("the key of the suggested class answers with it, however often it is pressed", () => {
  const calls: string[] = [];
  const actions = reviewActions(classes(["1", "2"]), surface(calls));

  for (let i = 0; i < 2; i += 1) {
    const found = findAction(actions, "1");
    if (found.kind === "action") found.action.perform();
  }

  expect(calls).toEqual(["label 1", "label 1"]);
});
