/** The keys that a person chose for the actions of a page: kept with the account, they come with the sign-in. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";

import { api } from "@/api/client";
import { sessionQuery, useSession } from "@/api/session";
import type { Me } from "@/api/types";
import { keyLabel, type Action } from "@/keys/registry";
import { t } from "@/language/translate";

/** Action id -> its keys. An action that is not named has its own. */
export type KeyChoices = Me["keys"];

/** Of the browser or the system: a page that takes them breaks both. */
const NOT_OURS = /^(?:|Tab|Escape|Shift|Control|Alt|AltGraph|Meta|CapsLock|NumLock|ScrollLock|Dead|Process|Unidentified|ContextMenu|F\d+)$/;

/**
 * The actions with the keys that were chosen. No key is on two of them: a chosen key is taken off the action
 * whose own it was, and of two that were chosen (in different projects) the first action has it.
 */
export function withChosenKeys(actions: readonly Action[], chosen: KeyChoices): Action[] {
  const taken = new Set<string>();
  const claimed = actions.map((action) => {
    const keys = chosen[action.id]?.filter((key) => !taken.has(key));
    keys?.forEach((key) => taken.add(key));
    return keys;
  });
  return actions.map((action, place) => ({ ...action, keys: claimed[place] ?? action.keys.filter((key) => !taken.has(key)) }));
}

/** Why this key cannot be given to the action, or undefined if it can. `actions` are those of the page, with their keys. */
export function keyProblem(actions: readonly Action[], id: string, key: string): string | undefined {
  if (NOT_OURS.test(key)) return t("That key belongs to the browser. Press a letter, a digit, or a key such as Enter or an arrow, without Ctrl or Alt.");
  const owner = actions.find((one) => one.id !== id && one.keys.includes(key));
  return owner && t("{key} is the key of “{action}”. Give that another key first, or press a different one.", { key: keyLabel(key), action: owner.title });
}

export function useMyKeys(actions: readonly Action[]): Action[] {
  const chosen = useSession().data?.keys;
  return useMemo(() => withChosenKeys(actions, chosen ?? {}), [actions, chosen]);
}

/** Changes what was chosen; what the server refuses is as it was before. */
export function useChooseKeys() {
  const client = useQueryClient();
  const chosen = useSession().data?.keys ?? {};
  const save = useMutation({
    mutationFn: (keys: KeyChoices) => api.put<Me>("/keys", { keys }),
    onSuccess: (me) => client.setQueryData(sessionQuery.queryKey, me),
  });
  return { chosen, save };
}
