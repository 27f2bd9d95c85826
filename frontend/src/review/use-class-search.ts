/** The typed search for a class: open or not, and its text. */

import { useCallback, useRef, useState } from "react";

/**
 * Its field has the focus only some frames after the key that opened it. What is typed until then goes to
 * the search all the same, and no letter of a name answers the item.
 */
export function useClassSearch() {
  const [text, setText] = useState<string | null>(null);
  const isOpen = useRef(false);
  const open = useCallback((begin = "") => {
    isOpen.current = true;
    setText(begin);
  }, []);
  const close = useCallback(() => {
    isOpen.current = false;
    setText(null);
  }, []);
  const onTyped = useCallback((key: string) => {
    if (!isOpen.current) return false;
    if ([...key].length === 1) setText((before) => (before ?? "") + key);
    return [...key].length === 1 || key === "Enter" || key === "Backspace"; // these are actions of the page behind
  }, []);
  return { text, setText, open, close, onTyped };
}
