/** One listener that runs actions by key, and the one rule that says when keys are off. */

import { useEffect, useRef } from "react";

import { findPressed, keyOf, type Action } from "@/keys/registry";

/** True while a person types into a field or a dialog or menu is open: keys then belong to those. */
export function areKeysOff(target: EventTarget | null): boolean {
  if (document.querySelector('[role="dialog"], [role="menu"], [role="listbox"]') !== null) return true;
  return isField(target);
}

function isField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.closest("input, textarea, select") !== null;
}

/** Space and Enter belong to a control that was reached with Tab; all other keys are the page's. */
function belongsToControl(key: string, target: EventTarget | null): boolean {
  if (key !== "Space" && key !== "Enter") return false;
  return target instanceof HTMLElement && target.closest("button, a[href], summary") !== null;
}

/** `onTyped` sees every key first, outside fields: true if it took it. */
export function useActions(
  actions: readonly Action[],
  options: { onTyped?: (key: string) => boolean; onUnknownKey?: (key: string) => boolean; onClash?: (key: string, actions: Action[]) => void } = {},
): void {
  const latest = useRef({ actions, options });
  useEffect(() => {
    latest.current = { actions, options };
  });
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent) {
      if (event.defaultPrevented || event.isComposing) return;
      if (!isField(event.target) && !belongsToControl(keyOf(event), event.target) && keyOf(event) !== "" && latest.current.options.onTyped?.(event.key)) {
        event.preventDefault();
        return;
      }
      if (areKeysOff(event.target)) return;
      const { key, found } = findPressed(latest.current.actions, event);
      if (key === "" || belongsToControl(key, event.target)) return;
      if (found.kind === "action") {
        event.preventDefault();
        // A held key must not label a hundred items.
        if (!event.repeat || found.action.repeats) found.action.perform();
      } else if (found.kind === "clash") {
        event.preventDefault();
        latest.current.options.onClash?.(key, found.actions);
      } else if (latest.current.options.onUnknownKey?.(key)) {
        event.preventDefault();
      }
    }
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
}
