/** What can be done on the review page. Buttons, keys and help all read this list. */

import type { LabelClass } from "@/api/types";
import { isLetter, type Action } from "@/keys/registry";
import { LOOK_KEYS } from "@/labeling/stage-control";
import { type Message, msg, t } from "@/language/translate";

/** Keys that the page needs itself; a class may not have them. */
const RESERVED: Record<string, Message> = {
  z: msg("Undo"),
  f: msg("Flag"),
  "/": msg("Find a class"),
  "?": msg("Show keys"),
  g: msg("Show the guide"),
  "-": msg("Skip, for everyone"),
  ...LOOK_KEYS,
};

/** Why a class cannot have this hotkey, or undefined if it can. */
export function hotkeyProblem(hotkey: string): string | undefined {
  const owner = RESERVED[hotkey.toLowerCase()];
  return owner && t("{key} is the key of “{action}” on the review page. Choose another.", { key: hotkey.toUpperCase(), action: t(owner) });
}

export interface ReviewSurface {
  hasItem: () => boolean;
  hasSuggestion: () => boolean;
  canUndo: () => boolean;
  label: (classId: number) => void;
  accept: () => void;
  skip: (kind: "skip_me" | "skip_all") => void;
  undo: () => void;
  openFlag: () => void;
  openSearch: () => void;
  openGuide: () => void;
  openHelp: () => void;
}

export const classActionId = (classId: number) => `class-${classId}`;

const DIGITS = "1234567890";

/** The class's own key, then the digit of its place unless that is another class's own. */
export function classKeys(classes: readonly LabelClass[], one: LabelClass): string[] {
  const own = (other: LabelClass) => other.hotkey.toLowerCase();
  const keys = one.hotkey !== "" && hotkeyProblem(one.hotkey) === undefined ? [own(one)] : [];
  const digit = DIGITS[classes.indexOf(one)];
  return digit === undefined || classes.some((other) => own(other) === digit) ? keys : [...keys, digit];
}

/** Whether a name can be typed right away: no letter of it answers. */
export const canType = (classes: readonly LabelClass[]) => classes.length > 10 && !classes.some((one) => isLetter(one.hotkey));

export function reviewActions(classes: readonly LabelClass[], surface: ReviewSurface): Action[] {
  const answers = classes.map((one): Action => ({
    id: classActionId(one.id),
    title: one.name,
    group: t("Answer and go on"),
    keys: classKeys(classes, one),
    isEnabled: surface.hasItem,
    perform: () => surface.label(one.id),
  }));
  return [
    ...answers,
    {
      id: "accept",
      title: t("Accept the suggestion"),
      short: t("Accept"),
      group: t("Answer and go on"),
      keys: ["Enter"],
      isEnabled: surface.hasSuggestion,
      perform: surface.accept,
    },
    {
      id: "search",
      title: canType(classes) ? t("Find a class (or begin to type its name)") : t("Find a class"),
      short: t("Find"),
      group: t("Answer and go on"),
      keys: ["/"],
      isEnabled: surface.hasItem,
      perform: surface.openSearch,
    },
    {
      id: "skip",
      title: t("Skip, for me"),
      short: t("Skip"),
      group: t("Not now"),
      keys: ["Space"],
      isEnabled: surface.hasItem,
      perform: () => surface.skip("skip_me"),
    },
    {
      id: "skip-all",
      title: t("Skip, for everyone"),
      group: t("Not now"),
      keys: ["-"],
      isEnabled: surface.hasItem,
      perform: () => surface.skip("skip_all"),
    },
    { id: "flag", title: t("Flag with a note"), short: t("Flag"), group: t("Not now"), keys: ["f"], isEnabled: surface.hasItem, perform: surface.openFlag },
    { id: "undo", title: t("Undo the last answer"), short: t("Undo"), group: t("Back"), keys: ["z", "Backspace"], isEnabled: surface.canUndo, perform: surface.undo },
    { id: "guide", title: t("Show the guide"), short: t("Guide"), group: t("Back"), keys: ["g"], perform: surface.openGuide },
    { id: "help", title: t("Show keys"), short: t("Keys"), group: t("Back"), keys: ["?"], perform: surface.openHelp },
  ];
}
