/** What a reviewer can do with a case. Buttons, keys and help all read this list. */

import type { LabelClass } from "@/api/types";
import type { Action } from "@/keys/registry";
import { t } from "@/language/translate";
import { canType, classActionId, classKeys } from "@/review/actions";

export interface AdjudicationSurface {
  hasCase: () => boolean;
  /** What keeping means here, or undefined where there is nothing to keep. */
  keepTitle: () => string | undefined;
  hasModel: () => boolean;
  canUndo: () => boolean;
  label: (classId: number) => void;
  keep: () => void;
  takeModel: () => void;
  later: () => void;
  undo: () => void;
  openSearch: () => void;
  openHelp: () => void;
}

export function adjudicationActions(classes: readonly LabelClass[], surface: AdjudicationSurface): Action[] {
  return [
    ...classes.map((one): Action => ({
      id: classActionId(one.id),
      title: t("It is {name}", { name: one.name }),
      short: one.name,
      group: t("Decide and go on"),
      keys: classKeys(classes, one),
      isEnabled: surface.hasCase,
      perform: () => surface.label(one.id),
    })),
    {
      id: "keep",
      title: surface.keepTitle() ?? t("Keep the label"),
      short: t("Keep the label"),
      group: t("Decide and go on"),
      keys: ["Enter"],
      isEnabled: () => surface.keepTitle() !== undefined,
      perform: surface.keep,
    },
    { id: "model", title: t("The model is right"), group: t("Decide and go on"), keys: ["-"], isEnabled: surface.hasModel, perform: surface.takeModel },
    {
      id: "search",
      title: canType(classes) ? t("Find a class (or begin to type its name)") : t("Find a class"),
      short: t("Find"),
      group: t("Decide and go on"),
      keys: ["/"],
      isEnabled: surface.hasCase,
      perform: surface.openSearch,
    },
    { id: "later", title: t("Later: put it behind the others"), short: t("Later"), group: t("Not now"), keys: ["Space"], isEnabled: surface.hasCase, perform: surface.later },
    { id: "undo", title: t("Undo the last verdict"), short: t("Undo"), group: t("Back"), keys: ["z", "Backspace"], isEnabled: surface.canUndo, perform: surface.undo },
    { id: "help", title: t("Show keys"), short: t("Keys"), group: t("Back"), keys: ["?"], perform: surface.openHelp },
  ];
}
