/** The flag dialog: open or not, its note, and what is typed until its field is there. */

import { useCallback, useRef, useState, type ReactNode } from "react";

import type { Entry } from "@/api/types";
import type { ReviewSession } from "@/review/session";
import { lazily } from "@/ui/lazily";

const dialog = lazily(async () => (await import("@/review/flag-dialog")).FlagDialog);

interface Flagging {
  open: (entry: Entry) => void;
  /** For useActions: what is typed until the field of the note has the focus belongs to the note. */
  onTyped: (key: string) => boolean;
  dialog: ReactNode;
}

/** As the search for a class (use-class-search.tsx): no key typed after the one that opened it is lost, or answers. */
export function useFlagging(session: ReviewSession): Flagging {
  const [flagged, setFlagged] = useState<{ entry: Entry; note: string }>();
  const typed = useRef<string | null>(null); // the note, for keys that come before the next render
  dialog.useSoon();
  const open = useCallback((entry: Entry) => {
    typed.current = "";
    setFlagged({ entry, note: "" });
  }, []);
  const close = useCallback(() => {
    typed.current = null;
    setFlagged(undefined);
  }, []);
  const write = useCallback((note: string) => {
    typed.current = note;
    setFlagged((now) => now && { ...now, note });
  }, []);
  return {
    open,
    onTyped: (key) => {
      if (typed.current === null) return false;
      if ([...key].length === 1) write(typed.current + key);
      else if (key === "Backspace") write(typed.current.slice(0, -1));
      else return key === "Enter"; // nothing is sent that nobody has seen
      return true;
    },
    dialog: flagged && (
      <dialog.Part
        item={flagged.entry.item}
        isBlind={flagged.entry.is_blind}
        note={flagged.note}
        onNote={write}
        onClose={close}
        onFlagged={() => {
          session.drop(flagged.entry.id);
          close();
        }}
      />
    ),
  };
}
