/** What a reviewer can do with a case. Buttons, keys and help all read this list. */

import type { LabelClass } from "@/api/types";
import type { Action } from "@/keys/registry";
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
      title: `It is ${one.name}`,
      short: one.name,
      group: "Decide and go on",
      keys: classKeys(classes, one),
      isEnabled: surface.hasCase,
      perform: () => surface.label(one.id),
    })),
    {
      id: "keep",
      title: surface.keepTitle() ?? "Keep the label",
      short: "Keep the label",
      group: "Decide and go on",
      keys: ["Enter"],
      isEnabled: () => surface.keepTitle() !== undefined,
      perform: surface.keep,
    },
    { id: "model", title: "The model is right", group: "Decide and go on", keys: ["-"], isEnabled: surface.hasModel, perform: surface.takeModel },
    {
      id: "search",
      title: canType(classes) ? "Find a class (or begin to type its name)" : "Find a class",
      short: "Find",
      group: "Decide and go on",
      keys: ["/"],
      isEnabled: surface.hasCase,
      perform: surface.openSearch,
    },
    { id: "later", title: "Later: put it behind the others", short: "Later", group: "Not now", keys: ["Space"], isEnabled: surface.hasCase, perform: surface.later },
    { id: "undo", title: "Undo the last verdict", short: "Undo", group: "Back", keys: ["z", "Backspace"], isEnabled: surface.canUndo, perform: surface.undo },
    { id: "help", title: "Show keys", short: "Keys", group: "Back", keys: ["?"], perform: surface.openHelp },
  ];
}
