/**
 * What IndexedDB has not confirmed yet, in localStorage: that write is done when it returns, so a reload
 * in the same instant as a key press loses nothing either. Entries live for milliseconds.
 */

import type { Operation } from "@/review/outbox-store";

const PREFIX = "assay-journal:";

export type Entered = { kind: "put"; operation: Operation } | { kind: "remove"; id: string };

export interface Journal {
  /** Notes the change at once. A full or forbidden storage is no fault: IndexedDB follows. */
  enter: (person: string, entered: Entered) => void;
  /** IndexedDB has the change. */
  forget: (person: string, id: string) => void;
  /** What a page that ended too soon left behind. */
  leftBehind: (person: string) => Entered[];
}

export function localJournal(storage: Pick<Storage, "length" | "key" | "getItem" | "setItem" | "removeItem">): Journal {
  const name = (person: string, id: string) => `${PREFIX}${person}:${id}`;
  return {
    enter(person, entered) {
      try {
        const id = entered.kind === "put" ? entered.operation.id : entered.id;
        storage.setItem(name(person, id), JSON.stringify(entered));
      } catch {
        // The journal only bridges the moment until IndexedDB has it, which tells if it cannot keep it.
      }
    },
    forget(person, id) {
      storage.removeItem(name(person, id));
    },
    leftBehind(person) {
      const names = Array.from({ length: storage.length }, (_, i) => storage.key(i) ?? "");
      return names
        .filter((each) => each.startsWith(name(person, "")))
        .map((each) => JSON.parse(storage.getItem(each) ?? "null") as Entered | null)
        .filter((entered) => entered !== null);
    },
  };
}
