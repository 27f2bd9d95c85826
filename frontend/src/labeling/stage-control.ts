/** What can be done with an image on screen, by keys of the page or by its own: one list for both. */

import type { Action } from "@/keys/registry";
import { type Message, msg, t } from "@/language/translate";

export interface ImageHandle {
  zoom: (factor: number) => void;
  pan: (dx: number, dy: number) => void;
  isZoomed: () => boolean;
  fit: () => void;
  exact: () => void;
  brighten: (by: number) => void;
  sharpen: (by: number) => void;
}

/** The image that is on screen, if any; a page makes one and hands it to the view. */
export class StageControl {
  private handle: ImageHandle | null = null;

  attach(handle: ImageHandle): () => void {
    this.handle = handle;
    return () => {
      if (this.handle === handle) this.handle = null;
    };
  }

  readonly hasImage = () => this.handle !== null;
  readonly isZoomed = () => this.handle?.isZoomed() ?? false;
  readonly run = (what: (handle: ImageHandle) => void) => {
    if (this.handle !== null) what(this.handle);
  };
}

/** The id of the field that searches the text on screen, or filters the columns of the row. */
export const ITEM_SEARCH = "item-search";

/** Keys that look at an item; a class may not have them. */
export const LOOK_KEYS: Record<string, Message> = {
  "+": msg("Zoom in"),
  ",": msg("Darker"),
  ".": msg("Brighter"),
  ";": msg("Less contrast"),
  ":": msg("More contrast"),
  "'": msg("Search the item"),
};
const ZOOM = 1.5;
const STEP = 60;
const LOOK = 0.2;

const searchField = () => document.getElementById(ITEM_SEARCH);

export const searchAction: Action = {
  id: "search-item",
  get title() {
    return t("Search the text, or filter the columns");
  },
  get group() {
    return t("Look at the item");
  },
  keys: ["'"],
  isEnabled: () => searchField() !== null,
  perform: () => searchField()?.focus(),
};

export function lookActions(control: StageControl): Action[] {
  const look = (id: string, title: string, short: string, keys: string[], what: (handle: ImageHandle) => void): Action => ({
    id,
    title,
    short,
    group: t("Look at the image"),
    keys,
    isEnabled: control.hasImage,
    repeats: true,
    perform: () => control.run(what),
  });
  const pan = (id: string, title: string, key: string, dx: number, dy: number): Action => ({
    ...look(id, title, title, [key], (image) => image.pan(dx, dy)),
    isEnabled: control.isZoomed,
  });
  return [
    look("zoom-in", t("Zoom in"), "+", ["+", "PageUp"], (image) => image.zoom(ZOOM)),
    look("zoom-out", t("Zoom out"), "−", ["PageDown"], (image) => image.zoom(1 / ZOOM)),
    look("fit", t("Fit, with the brightness and contrast that it has"), t("Fit"), ["Home"], (image) => image.fit()),
    look("exact", t("Pixel for pixel"), "1:1", ["End"], (image) => image.exact()),
    look("darker", t("Darker"), "☀−", [","], (image) => image.brighten(-LOOK)),
    look("brighter", t("Brighter"), "☀+", ["."], (image) => image.brighten(LOOK)),
    look("less-contrast", t("Less contrast"), "◐−", [";"], (image) => image.sharpen(-LOOK)),
    look("more-contrast", t("More contrast"), "◐+", [":"], (image) => image.sharpen(LOOK)),
    pan("pan-left", t("Move the view to the left"), "ArrowLeft", STEP, 0),
    pan("pan-right", t("Move the view to the right"), "ArrowRight", -STEP, 0),
    pan("pan-up", t("Move the view up"), "ArrowUp", 0, STEP),
    pan("pan-down", t("Move the view down"), "ArrowDown", 0, -STEP),
  ];
}
