/** Where operations wait until the server has them: IndexedDB, so that a reload or a crash loses none. */

import { openDB, type DBSchema, type IDBPDatabase } from "idb";

import type { AnswerInput, Entry, Id } from "@/api/types";

/** One thing to tell the server. Operations of a person are sent in the order of `seq`. */
export interface Operation {
  id: string;
  seq: number;
  person: string;
  project_id: Id;
  kind: "answer" | "undo";
  /** The answer itself, or the one to take back. */
  answer: AnswerInput;
  /** What it is about: to show it while it waits, and to put it back. */
  entry: Entry;
  made_at: string;
  /** Sent at least once with no word back: the server may have it. */
  was_tried: boolean;
  refusal: { code: string; message: string } | null;
}

interface OutboxSchema extends DBSchema {
  operations: { key: string; value: Operation; indexes: { person: string } };
}

export interface OutboxStore {
  all: (person: string) => Promise<Operation[]>;
  put: (operations: readonly Operation[]) => Promise<void>;
  remove: (ids: readonly string[]) => Promise<void>;
}

export function indexedDbStore(name = "assay-outbox"): OutboxStore {
  let opened: Promise<IDBPDatabase<OutboxSchema>> | undefined;
  const database = () =>
    (opened ??= openDB<OutboxSchema>(name, 1, {
      upgrade(db) {
        db.createObjectStore("operations", { keyPath: "id" }).createIndex("person", "person");
      },
    }));

  return {
    async all(person) {
      const found = await (await database()).getAllFromIndex("operations", "person", person);
      return found.sort((a, b) => a.seq - b.seq);
    },
    async put(operations) {
      const change = (await database()).transaction("operations", "readwrite", { durability: "strict" });
      await Promise.all([...operations.map((one) => change.store.put(one)), change.done]);
    },
    async remove(ids) {
      const change = (await database()).transaction("operations", "readwrite");
      await Promise.all([...ids.map((id) => change.store.delete(id)), change.done]);
    },
  };
}
