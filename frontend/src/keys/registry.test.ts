import { expect, test } from "vitest";

import { findAction, findClashes, keyOf, type Action } from "@/keys/registry";

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
