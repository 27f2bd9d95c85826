/** The typed search for a class: open or not, its text, and its dialog, which comes after the first items. */

import { Suspense, useCallback, useRef, useState, type ReactNode } from "react";

import type { Entry, LabelClass } from "@/api/types";
import { isLetter } from "@/keys/registry";
import { lazily } from "@/ui/lazily";

const dialog = lazily(async () => (await import("@/review/class-search")).ClassSearch);

interface Options {
  classes: readonly LabelClass[];
  hasItem: () => boolean;
  /** What the guess that is shown holds likely comes first. */
  suggestion: Entry["suggestion"];
  onChoose: (classId: number) => void;
}

interface ClassSearchKeys {
  open: (begin?: string) => void;
  /** For useActions: what is typed until the dialog's field has the focus. */
  onTyped: (key: string) => boolean;
  /** For useActions: a letter that answers nothing begins a search where there are many classes. */
  onUnknownKey: (key: string) => boolean;
}

/**
 * Its field has the focus only some frames after the key that opened it. What is typed until then goes to
 * the search all the same, and no letter of a name answers the item.
 */
export function useClassSearch({ classes, hasItem, suggestion, onChoose }: Options): ClassSearchKeys & { dialog: ReactNode } {
  const [text, setText] = useState<string | null>(null);
  const isOpen = useRef(false);
  dialog.useSoon();
  const open = useCallback((begin = "") => {
    isOpen.current = true;
    setText(begin);
  }, []);
  function close() {
    isOpen.current = false;
    setText(null);
  }
  return {
    open,
    onTyped: (key) => {
      if (!isOpen.current) return false;
      if ([...key].length === 1) setText((before) => (before ?? "") + key);
      return [...key].length === 1 || key === "Enter" || key === "Backspace"; // these are actions of the page behind
    },
    onUnknownKey: (key) => {
      if (classes.length <= 10 || !isLetter(key) || !hasItem()) return false;
      open(key);
      return true;
    },
    dialog: (
      <Suspense>
        {text !== null && (
          <dialog.Part
            classes={classes}
            suggestion={suggestion}
            text={text}
            onText={setText}
            onClose={close}
            onChoose={(classId) => {
              close();
              onChoose(classId);
            }}
          />
        )}
      </Suspense>
    ),
  };
}
