/** The typed search for a class: open or not, its text, and its dialog, which comes after the first items. */

import { useCallback, useRef, useState, type ReactNode } from "react";

import type { Entry, LabelClass } from "@/api/types";
import { isLetter } from "@/keys/registry";
import { findClasses, likeliestFirst } from "@/review/likeliest";
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
 * Its dialog and the field in it are there only some frames after the key that opened it, on the first time later.
 * What is typed until then goes to the search all the same, Enter included, and no letter of a name answers the item.
 */
export function useClassSearch({ classes, hasItem, suggestion, onChoose }: Options): ClassSearchKeys & { dialog: ReactNode } {
  const [text, setText] = useState<string | null>(null);
  const typed = useRef<string | null>(null); // the same, for keys that come before the next render
  dialog.useSoon();
  const change = useCallback((to: string | null) => {
    typed.current = to;
    setText(to);
  }, []);
  const open = useCallback((begin = "") => change(begin), [change]);
  function choose(classId: number) {
    change(null);
    onChoose(classId);
  }
  return {
    open,
    onTyped: (key) => {
      if (typed.current === null) return false;
      const [first] = findClasses(likeliestFirst(classes, suggestion), typed.current);
      if ([...key].length === 1) change(typed.current + key);
      else if (key === "Backspace") change(typed.current.slice(0, -1));
      else if (key === "Enter" && first) choose(first.id);
      else return key === "Enter";
      return true;
    },
    onUnknownKey: (key) => {
      if (classes.length <= 10 || !isLetter(key) || !hasItem()) return false;
      open(key);
      return true;
    },
    dialog: text !== null && (
      <dialog.Part
        classes={classes}
        suggestion={suggestion}
        text={text}
        onText={change}
        onClose={() => change(null)}
        onChoose={choose}
      />
    ),
  };
}
