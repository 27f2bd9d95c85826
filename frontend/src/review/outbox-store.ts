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
  /** Of an undo: its answer may never have arrived, and then there is nothing to take back. */
  is_unsure?: boolean;
}

interface OutboxSchema extends DBSchema {
  operations: { key: string; value: Operation; indexes: { person: string } };
}

export interface OutboxStore {
  all: (person: string) => Promise<Operation[]>;
  put: (operations: readonly Operation[]) => Promise<void>;
  /** Writes those that are still there, and tells which: another tab may have taken some away. */
  mark: (operations: readonly Operation[]) => Promise<Set<string>>;
  /** Removes one, and gives it as it was; undefined if it was gone. */
  take: (id: string) => Promise<Operation | undefined>;
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
    async mark(operations) {
      const change = (await database()).transaction("operations", "readwrite", { durability: "strict" });
      const there = new Set<string>();
      for (const one of operations) {
        if ((await change.store.getKey(one.id)) === undefined) continue;
        there.add(one.id);
        await change.store.put(one);
      }
      await change.done;
      return there;
    },
    async take(id) {
      const change = (await database()).transaction("operations", "readwrite");
      const found = await change.store.get(id);
      await Promise.all([change.store.delete(id), change.done]);
      return found;
    },
    async remove(ids) {
      const change = (await database()).transaction("operations", "readwrite");
      await Promise.all([...ids.map((id) => change.store.delete(id)), change.done]);
    },
  };
}
