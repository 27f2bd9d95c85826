/**
 * Actions and the keys that run them.
 *
 * An action is data: button, key and help all read the same object, so a printed key cannot differ
 * from the one that works. Two enabled actions that share a key are a fault, not a race: neither runs.
 */

import { t, tc } from "@/language/translate";

export interface Action {
  id: string;
  title: string;
  /** On a button, where the title is too long. */
  short?: string;
  group: string;
  /** As `keyOf` names them: "1", "z", "?", "Enter", "Space", "Backspace". */
  keys: readonly string[];
  isEnabled?: () => boolean;
  /** A held key performs it again and again: for moving, never for answering. */
  repeats?: boolean;
  perform: () => void;
}

/** The parts of a KeyboardEvent that decide; a test passes plain objects. */
export interface Press {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

/**
 * The name of the key that was pressed, or "" if it is none of ours.
 *
 * Letters go by what is printed on them, so that AZERTY and Dvorak find Z where they see it. Digits
 * go by place where the layout prints something else there: on AZERTY they need Shift.
 */
export function keyOf(press: Press): string {
  if (press.ctrlKey || press.metaKey || press.altKey) return "";
  if (press.key === " ") return "Space";
  if (/^[a-z]$/i.test(press.key)) return press.key.toLowerCase();
  if (/^[0-9]$/.test(press.key)) return press.key;
  if (press.key === "?" || press.key === "/") return press.key;
  const digit = /^(?:Digit|Numpad)([0-9])$/.exec(press.code);
  if (digit?.[1] !== undefined) return digit[1];
  return press.key;
}

/**
 * The names that a press may go by, the first that an action has counts. A letter of a script that is not
 * Latin is itself, and otherwise the Latin letter of its place: Z and the class keys work on a Cyrillic,
 * Greek, Hebrew or Arabic layout too.
 */
export function keysOf(press: Press): string[] {
  const key = keyOf(press);
  const latin = /^Key([A-Z])$/.exec(press.code)?.[1]?.toLowerCase();
  if (latin === undefined || !/^\p{L}$/u.test(key) || /^\p{Script=Latin}$/u.test(key)) return key === "" ? [] : [key];
  return [key.toLowerCase(), latin];
}

export function enabledActions(actions: readonly Action[]): Action[] {
  return actions.filter((action) => action.isEnabled?.() ?? true);
}

export type Found = { kind: "none" } | { kind: "action"; action: Action } | { kind: "clash"; actions: Action[] };

export function findAction(actions: readonly Action[], key: string): Found {
  const matches = key === "" ? [] : enabledActions(actions).filter((action) => action.keys.includes(key));
  const [first, second] = matches;
  if (first === undefined) return { kind: "none" };
  return second === undefined ? { kind: "action", action: first } : { kind: "clash", actions: matches };
}

/** What a press runs, and the name that it goes by. */
export function findPressed(actions: readonly Action[], press: Press): { key: string; found: Found } {
  const keys = keysOf(press);
  for (const key of keys) {
    const found = findAction(actions, key);
    if (found.kind !== "none") return { key, found };
  }
  return { key: keys[0] ?? "", found: { kind: "none" } };
}

/** A letter, of any script: what begins to type a name. */
export const isLetter = (key: string) => /^\p{L}$/u.test(key);

/** Keys that more than one enabled action wants, with the ids of those actions. */
export function findClashes(actions: readonly Action[]): { key: string; ids: string[] }[] {
  const owners = new Map<string, string[]>();
  for (const action of enabledActions(actions)) {
    for (const key of action.keys) owners.set(key, [...(owners.get(key) ?? []), action.id]);
  }
  return [...owners].filter(([, ids]) => ids.length > 1).map(([key, ids]) => ({ key, ids }));
}

/** What the key is called on a button. */
export function keyLabel(key: string): string {
  const names: Record<string, string> = {
    Enter: t("↵ Enter"),
    Backspace: t("⌫ Backspace"),
    Escape: t("Esc"),
    Space: tc("key", "Space"),
    ArrowLeft: "←",
    ArrowRight: "→",
    ArrowUp: "↑",
    ArrowDown: "↓",
    PageUp: t("Page ↑"),
    PageDown: t("Page ↓"),
    Home: tc("key", "Home"),
    End: tc("key", "End"),
  };
  return names[key] ?? (key.length === 1 ? key.toUpperCase() : key);
}
