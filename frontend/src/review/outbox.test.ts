import "fake-indexeddb/auto";

import { expect, test, vi } from "vitest";

import { ApiError, unreachable } from "@/api/client";
import type { AnswerInput, AnswerResult, Entry } from "@/api/types";
import { localJournal, type Journal } from "@/review/journal";
import { Outbox, type OutboxWire } from "@/review/outbox";
import { indexedDbStore, type OutboxStore } from "@/review/outbox-store";

const entry = (id: number) => ({ id, item: { id, key: `item-${id}` } }) as Entry;
const answer = (n: number): AnswerInput => ({ key: `key-${n}`, entry_id: n, kind: "label", class_id: 1 });

/** A server that stores by key, and can be made to fail. */
class Server implements OutboxWire {
  stored: string[] = [];
  undone: string[] = [];
  n_calls = 0;
  fail: (answers: AnswerInput[]) => Error | undefined = () => undefined;
  isLosingReplies = false;

  sendAnswers = async (_: number, answers: AnswerInput[]): Promise<AnswerResult[]> => {
    this.n_calls += 1;
    const error = this.fail(answers);
    if (error) throw error;
    const results = answers.map(({ key }): AnswerResult => {
      const outcome = this.stored.includes(key) ? "repeated" : "stored";
      if (outcome === "stored") this.stored.push(key);
      return { key, outcome, code: "", message: "" };
    });
    if (this.isLosingReplies) throw unreachable();
    return results;
  };

  undoAnswer = async (key: string): Promise<void> => {
    if (!this.stored.includes(key)) throw new ApiError(404, "not_found", "There is no such answer.");
    this.undone.push(key);
  };

  n_undo_calls = 0;
  undoAnswers = async (_: number, keys: string[]): Promise<AnswerResult[]> => {
    this.n_undo_calls += 1;
    return keys.map((key) => {
      const isThere = this.stored.includes(key);
      if (isThere) this.undone.push(key);
      return { key, outcome: isThere ? "stored" : "refused", code: isThere ? "" : "not_found", message: "" } as AnswerResult;
    });
  };
}

/** As a browser's localStorage: what is written is there when the call returns. */
function newJournal(): Journal {
  const kept = new Map<string, string>();
  return localJournal({
    get length() {
      return kept.size;
    },
    key: (i) => [...kept.keys()][i] ?? null,
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => void kept.set(name, value),
    removeItem: (name) => void kept.delete(name),
  });
}

let n_stores = 0;
const newStore = () => indexedDbStore(`outbox-${(n_stores += 1)}`);

/** An outbox whose clock is turned by hand: `again()` ends the wait. */
function make(server: Server, store: OutboxStore = newStore(), person = "ada", journal = newJournal()) {
  let again: () => void = () => undefined;
  const waits: number[] = [];
  const outbox = new Outbox({
    person,
    store,
    journal,
    wire: server,
    lock: (work) => work(),
    wait: (seconds, then) => {
      waits.push(seconds);
      again = then;
      return () => (again = () => undefined);
    },
  });
  return { outbox, waits, again: () => again() };
}

const isQuiet = (outbox: Outbox) =>
  vi.waitFor(() => expect(outbox.getState()).toMatchObject({ waiting: [], isSending: false }));
const isResting = (outbox: Outbox) => vi.waitFor(() => expect(outbox.getState().trouble).not.toBeNull());

test("an answer waits in the browser until the server has it", async () => {
  const server = new Server();
  const { outbox } = make(server);

  outbox.addAnswer(1, entry(1), answer(1));
  expect(outbox.getState().waiting).toHaveLength(1);
  await isQuiet(outbox);

  expect(server.stored).toEqual(["key-1"]);
});

test("a dead server gets the same answers again, in order, after ever longer waits", async () => {
  const server = new Server();
  server.fail = () => unreachable();
  const { outbox, waits, again } = make(server);
  outbox.addAnswer(1, entry(1), answer(1));
  await vi.waitFor(() => expect(waits).toHaveLength(1));
  again();
  await vi.waitFor(() => expect(waits).toHaveLength(2));
  outbox.addAnswer(1, entry(2), answer(2));
  await vi.waitFor(() => expect(waits).toHaveLength(3));
  expect(waits[1]).toBeGreaterThan(waits[0] ?? 0);

  server.fail = () => undefined;
  again();
  await isQuiet(outbox);

  expect(server.stored).toEqual(["key-1", "key-2"]);
});

test("answers wait out a server whose database or storage is away, and none is refused", async () => {
  const server = new Server();
  const { outbox, waits, again } = make(server);
  server.fail = () => new ApiError(503, "database_unavailable", "The database does not answer at the moment.");
  outbox.addAnswer(1, entry(1), answer(1));
  outbox.addAnswer(1, entry(2), answer(2));
  await isResting(outbox);

  expect(outbox.getState()).toMatchObject({ refused: [], trouble: { code: "database_unavailable" } });
  expect(outbox.getState().waiting).toHaveLength(2);

  again();
  await vi.waitFor(() => expect(waits).toHaveLength(2));
  server.fail = () => undefined;
  again();
  await isQuiet(outbox);

  expect(server.stored).toEqual(["key-1", "key-2"]);
  expect(outbox.getState().trouble).toBeNull();
});

test("an answer whose reply was lost is sent again under its key and stored once", async () => {
  const server = new Server();
  server.isLosingReplies = true;
  const { outbox, again } = make(server);
  outbox.addAnswer(1, entry(1), answer(1));
  await isResting(outbox);

  server.isLosingReplies = false;
  again();
  await isQuiet(outbox);

  expect(server.stored).toEqual(["key-1"]);
  expect(server.n_calls).toBe(2);
});

test("a reload loses nothing", async () => {
  const server = new Server();
  const store = newStore();
  server.fail = () => unreachable();
  const before = make(server, store);
  before.outbox.addAnswer(1, entry(1), answer(1));
  await isResting(before.outbox);
  before.outbox.close();

  server.fail = () => undefined;
  const after = make(server, store);
  await after.outbox.open();
  await isQuiet(after.outbox);

  expect(server.stored).toEqual(["key-1"]);
});

test("a reload before IndexedDB has answered loses nothing, and undoes what was undone", async () => {
  const server = new Server();
  const stuck = () => new Promise<never>(() => undefined);
  const store = newStore();
  const journal = newJournal();
  const before = make(server, { ...store, put: stuck, mark: stuck, take: stuck, remove: stuck }, "ada", journal);
  before.outbox.addAnswer(1, entry(1), answer(1));
  before.outbox.addAnswer(1, entry(2), answer(2));
  before.outbox.addUndo(1, entry(2), answer(2));

  const after = make(server, store, "ada", journal);
  await after.outbox.open();
  await isQuiet(after.outbox);

  expect(server.stored).toEqual(["key-1"]);
  expect(journal.leftBehind("ada")).toEqual([]);
});

test("what one person answered is never sent in the name of another", async () => {
  const server = new Server();
  const store = newStore();
  server.fail = () => new ApiError(401, "not_authenticated", "Sign in.");
  const ada = make(server, store, "ada");
  ada.outbox.addAnswer(1, entry(1), answer(1));
  await isResting(ada.outbox);
  expect(ada.waits).toEqual([]);

  server.fail = () => undefined;
  const ben = make(server, store, "ben");
  await ben.outbox.open();
  expect(ben.outbox.getState().waiting).toEqual([]);
  expect(server.stored).toEqual([]);

  const again = make(server, store, "ada");
  await again.outbox.open();
  await isQuiet(again.outbox);
  expect(server.stored).toEqual(["key-1"]);
});

test("a refused answer stays with its reason until its author throws it away", async () => {
  const server = new Server();
  server.sendAnswers = async (_, answers) =>
    answers.map(({ key }) => ({ key, outcome: "refused", code: "entry_closed", message: "Somebody else answered." }));
  const store = newStore();
  const { outbox } = make(server, store);
  outbox.addAnswer(1, entry(1), answer(1));
  await isQuiet(outbox);

  const [refused] = outbox.getState().refused;
  expect(refused?.refusal?.message).toBe("Somebody else answered.");
  expect(await store.all("ada")).toHaveLength(1);

  outbox.discard(refused?.id ?? "");
  await vi.waitFor(async () => expect(await store.all("ada")).toEqual([]));
});

test("one answer that spoils a batch does not hold up the others", async () => {
  const server = new Server();
  server.fail = () => unreachable();
  const { outbox, again } = make(server);
  for (const n of [1, 2, 3]) outbox.addAnswer(1, entry(n), answer(n));
  await isResting(outbox);

  server.fail = (answers) =>
    answers.some(({ key }) => key === "key-2") ? new ApiError(400, "invalid_input", "No such class.") : undefined;
  again();
  await isQuiet(outbox);

  expect(server.stored).toEqual(["key-1", "key-3"]);
  expect(outbox.getState().refused.map((one) => one.answer.key)).toEqual(["key-2"]);
});

test("an answer that never left is undone without a word to the server", async () => {
  const server = new Server();
  const held = new Promise<void>(() => undefined);
  const outbox = new Outbox({ person: "ada", store: newStore(), journal: newJournal(), wire: server, lock: () => held });
  outbox.addAnswer(1, entry(1), answer(1));

  outbox.addUndo(1, entry(1), answer(1));

  expect(outbox.getState().waiting).toEqual([]);
  expect(server.n_calls).toBe(0);
});

test("an answer that may have arrived is sent before it is undone", async () => {
  const server = new Server();
  server.isLosingReplies = true;
  const { outbox, again } = make(server);
  outbox.addAnswer(1, entry(1), answer(1));
  await isResting(outbox);

  server.isLosingReplies = false;
  outbox.addUndo(1, entry(1), answer(1));
  expect([...outbox.answeredEntryIds(1)]).toEqual([]);
  again();
  await isQuiet(outbox);

  expect(server.undone).toEqual(["key-1"]);
});

test("a browser that cannot keep answers says so and still sends them", async () => {
  const server = new Server();
  const broken = () => Promise.reject(new Error("no room"));
  const { outbox } = make(server, { all: broken, put: broken, mark: broken, take: broken, remove: broken });

  outbox.addAnswer(1, entry(1), answer(1));
  await isQuiet(outbox);

  expect(outbox.getState().isUnsafe).toBe(true);
  expect(server.stored).toEqual(["key-1"]);
});

test("many answers that are taken back go in one call, and one that cannot be stays with its reason", async () => {
  const server = new Server();
  const { outbox } = make(server);
  outbox.addAnswers(1, [1, 2, 3].map((n) => ({ entry: entry(n), answer: answer(n) })));
  await isQuiet(outbox);
  server.stored = ["key-1", "key-3"];

  for (const n of [1, 2, 3]) outbox.addUndo(1, entry(n), answer(n));
  await vi.waitFor(() => expect(outbox.getState()).toMatchObject({ waiting: [], isSending: false }));

  expect(server.undone).toEqual(["key-1", "key-3"]);
  expect(server.n_undo_calls).toBe(1);
  expect(outbox.getState().refused.map((one) => [one.answer.key, one.refusal?.code])).toEqual([["key-2", "not_found"]]);
});
