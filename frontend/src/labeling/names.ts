/** What roles and splits are called, and choices as a select shows them. */

import type { Role, Split } from "@/api/types";
import { type Message, msg, t } from "@/language/translate";

export const ROLES: Record<Role, Message> = {
  owner: msg("owner"),
  engineer: msg("engineer"),
  reviewer: msg("reviewer"),
  annotator: msg("annotator"),
  viewer: msg("viewer"),
};

/** As sentences say it of somebody: "You are an owner of this project." */
export const A_ROLE: Record<Role, Message> = {
  owner: msg("an owner"),
  engineer: msg("an engineer"),
  reviewer: msg("a reviewer"),
  annotator: msg("an annotator"),
  viewer: msg("a viewer"),
};

export const SPLITS: Record<Split, Message> = { pool: msg("pool"), holdout: msg("holdout"), test: msg("test") };

export const said = (choices: readonly { value: string; label: Message }[]) => choices.map((one) => ({ ...one, label: t(one.label) }));
