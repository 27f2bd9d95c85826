/**
 * What IndexedDB has not confirmed yet, in localStorage: that write is done when it returns, so a reload
 * in the same instant as a key press loses nothing either. Entries live for milliseconds.
 */

import type { Operation } from "@/review/outbox-store";

const PREFIX = "assay-journal:";

export type Entered = { kind: "put"; operation: Operation } | { kind: "remove"; id: string; operation?: Operation };

export interface Journal {
  /** Notes the change at once. A full or forbidden storage is no fault: IndexedDB follows. */
  enter: (person: string, entered: Entered) => void;
  /** What is noted of an operation now: another tab may have noted otherwise since. */
  find: (person: string, id: string) => Entered | null;
  /** IndexedDB has the change, if it still is this kind of change. */
  forget: (person: string, id: string, kind: Entered["kind"]) => void;
  /** What a page that ended too soon left behind. */
  leftBehind: (person: string) => Entered[];
}

export function localJournal(storage: Pick<Storage, "length" | "key" | "getItem" | "setItem" | "removeItem">): Journal {
  const name = (person: string, id: string) => `${PREFIX}${person}:${id}`;
  const read = (key: string) => JSON.parse(storage.getItem(key) ?? "null") as Entered | null;
  return {
    enter(person, entered) {
      try {
        const id = entered.kind === "put" ? entered.operation.id : entered.id;
        storage.setItem(name(person, id), JSON.stringify(entered));
      } catch {
        // The journal only bridges the moment until IndexedDB has it, which tells if it cannot keep it.
      }
    },
    find: (person, id) => read(name(person, id)),
    forget(person, id, kind) {
      if (read(name(person, id))?.kind === kind) storage.removeItem(name(person, id));
    },
    leftBehind(person) {
      const names = Array.from({ length: storage.length }, (_, i) => storage.key(i) ?? "");
      return names
        .filter((each) => each.startsWith(name(person, "")))
        .map(read)
        .filter((entered) => entered !== null);
    },
  };
}
