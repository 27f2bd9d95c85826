/** What roles of columns, item types and delimiters are called. */

import type { ItemType } from "@/api/types";
import { type Message, msg } from "@/language/translate";

export const ROLES = [
  { value: "id", label: msg("id") },
  { value: "text", label: msg("text") },
  { value: "image", label: msg("image") },
  { value: "feature", label: msg("feature") },
  { value: "series", label: msg("series") },
  { value: "label", label: msg("label") },
  { value: "confidence", label: msg("confidence") },
  { value: "split", label: msg("split") },
  { value: "annotator", label: msg("annotator") },
  { value: "time", label: msg("time of the label") },
  { value: "verdict", label: msg("verdict on the label") },
  { value: "note", label: msg("note on the label") },
  { value: "embedding", label: msg("embedding") },
  { value: "extra", label: msg("kept to be seen") },
  { value: "ignore", label: msg("ignore") },
];
export const TYPES: { value: ItemType; label: Message }[] = [
  { value: "text", label: msg("Texts") },
  { value: "image", label: msg("Images") },
  { value: "table", label: msg("Table rows") },
  { value: "series", label: msg("Numeric series") },
];
export const DELIMITERS = [
  { value: ",", label: msg("comma") },
  { value: ";", label: msg("semicolon") },
  { value: "\t", label: msg("tab") },
  { value: "|", label: msg("bar") },
];
