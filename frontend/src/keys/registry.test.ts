import { expect, test } from "vitest";

import { findAction, findClashes, findPressed, isLetter, keyOf, keysOf, type Action } from "@/keys/registry";

const press = (key: string, code = "") => ({ key, code, ctrlKey: false, metaKey: false, altKey: false });
const action = (id: string, keys: string[], isEnabled = true): Action => ({
  id,
  title: id,
  group: "Test",
  keys,
  isEnabled: () => isEnabled,
  perform: () => undefined,
});

test("letters go by what is printed on the key and digits by its place", () => {
  expect(keyOf(press("Z", "KeyW"))).toBe("z");
  expect(keyOf(press("&", "Digit1"))).toBe("1");
  expect(keyOf(press("à", "Digit0"))).toBe("0");
  expect(keyOf(press("7", "Numpad7"))).toBe("7");
  expect(keyOf(press(" ", "Space"))).toBe("Space");
  expect(keyOf(press("?", "Slash"))).toBe("?");
});

test("a chord is the browser's and never ours", () => {
  expect(keyOf({ ...press("z", "KeyZ"), ctrlKey: true })).toBe("");
  expect(keyOf({ ...press("1", "Digit1"), metaKey: true })).toBe("");
});

test("two enabled actions on one key are reported and neither runs", () => {
  const actions = [action("undo", ["z", "Backspace"]), action("zebra", ["z"])];

  expect(findClashes(actions)).toEqual([{ key: "z", ids: ["undo", "zebra"] }]);
  expect(findAction(actions, "z").kind).toBe("clash");
  expect(findAction(actions, "Backspace")).toMatchObject({ kind: "action", action: { id: "undo" } });
});

test("a disabled action neither clashes nor runs", () => {
  const actions = [action("undo", ["z"]), action("zebra", ["z"], false)];

  expect(findClashes(actions)).toEqual([]);
  expect(findAction(actions, "z")).toMatchObject({ kind: "action", action: { id: "undo" } });
});

test("keys work on layouts of other scripts: by the letter itself where an action has it, else by its place", () => {
  const actions = [action("undo", ["z"]), action("yes", ["д"])];

  for (const [letter, code] of [["я", "KeyZ"], ["ζ", "KeyZ"], ["ז", "KeyZ"], ["ئ", "KeyZ"]] as const) {
    expect(findPressed(actions, press(letter, code))).toMatchObject({ key: "z", found: { kind: "action", action: { id: "undo" } } });
  }
  expect(findPressed(actions, press("Д", "KeyL"))).toMatchObject({ found: { kind: "action", action: { id: "yes" } } });
  expect(keysOf(press("w", "KeyZ"))).toEqual(["w"]);
  expect(keysOf(press("é", "KeyE"))).toEqual(["é"]);
  expect([keysOf({ ...press("я", "KeyZ"), ctrlKey: true }), isLetter("ж"), isLetter("1"), isLetter("Enter")]).toEqual([[], true, false, false]);
});
