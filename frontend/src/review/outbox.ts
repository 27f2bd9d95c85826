/**
 * Answers on their way to the server.
 *
 *   answer ──> journal, IndexedDB ──(in the background, in order, in batches)──> server
 *                      │ no word back, 5xx: again, with back-off        │ stored, repeated: removed
 *                  │ signed out: waits for the next sign-in         │ refused: kept, with the reason
 *
 * Nothing is dropped: an operation leaves only when the server says that it has it, or when its
 * author throws a refused one away. Client-made keys make sending twice the same as once.
 */

import { ApiError, unreachable } from "@/api/client";
import type { AnswerInput, AnswerResult, Entry, Id } from "@/api/types";
import { t } from "@/language/translate";
import type { Journal } from "@/review/journal";
import type { Operation, OutboxStore } from "@/review/outbox-store";

const BATCH = 100;
const BACK_OFF_SECONDS = [1, 2, 4, 8, 15, 30];

/** How the outbox reaches the server; both raise ApiError. */
export interface OutboxWire {
  sendAnswers: (projectId: Id, answers: AnswerInput[]) => Promise<AnswerResult[]>;
  undoAnswer: (key: string) => Promise<unknown>;
  undoAnswers: (projectId: Id, keys: string[]) => Promise<AnswerResult[]>;
}

/** Runs `work` while no other tab sends. */
export type Lock = (work: () => Promise<void>) => Promise<void>;

export interface OutboxState {
  waiting: readonly Operation[];
  refused: readonly Operation[];
  isSending: boolean;
  /** Why sending rests, if it does. */
  trouble: ApiError | null;
  /** Set when the browser cannot keep answers (private mode, full disk): they live in this page only. */
  isUnsafe: boolean;
}

interface Parts {
  person: string;
  store: OutboxStore;
  journal: Journal;
  wire: OutboxWire;
  lock: Lock;
  /** Tells other tabs that the store changed. */
  announce?: () => void;
  wait?: (seconds: number, then: () => void) => () => void;
  /** When what was just answered is on the screen: writing and sending come after it. */
  painted?: () => Promise<void>;
}

const byTimer = (seconds: number, then: () => void) => {
  const timer = setTimeout(then, seconds * 1000);
  return () => clearTimeout(timer);
};

const isNothingToUndo = (one: Operation, code: string) => one.is_unsure === true && code === "not_found";

export class Outbox {
  private operations: Operation[] = [];
  /** Ids that IndexedDB does not have (yet, or at all if it fails). */
  private unwritten = new Set<string>();
  private listeners = new Set<() => void>();
  private writes: Promise<void> = Promise.resolve();
  private flushing: Promise<void> | null = null;
  private isAskedAgain = false;
  private n_failures = 0;
  private cancelWait: () => void = () => undefined;
  private lastSeq = 0;
  private isClosed = false;
  private trouble: ApiError | null = null;
  private isUnsafe = false;
  private snapshot: OutboxState = { waiting: [], refused: [], isSending: false, trouble: null, isUnsafe: false };

  constructor(private readonly parts: Parts) {}

  // --- what the page reads ---

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  getState = (): OutboxState => this.snapshot;

  /** Entries that have an answer on its way, and so must not be shown as open. */
  answeredEntryIds(projectId: Id): Set<Id> {
    const ids = new Set<Id>();
    for (const one of this.operations) {
      if (one.project_id !== projectId) continue;
      if (one.kind === "answer") ids.add(one.entry.id);
      else ids.delete(one.entry.id);
    }
    return ids;
  }

  // --- what the page does ---

  /** Reads what an earlier page left behind, and begins to send it. */
  async open(): Promise<void> {
    for (const entered of this.parts.journal.leftBehind(this.parts.person)) {
      if (entered.kind === "put") this.keep([entered.operation], { isReplay: true });
      else this.drop(entered.id, entered.operation);
    }
    await this.reload();
    this.flush();
  }

  close(): void {
    this.isClosed = true;
    this.cancelWait();
  }

  /** Keeps the answer and sends it soon. The state shows it at once. */
  addAnswer(projectId: Id, entry: Entry, answer: AnswerInput): void {
    this.addAnswers(projectId, [{ entry, answer }]);
  }

  /** Many at once, as addAnswer. */
  addAnswers(projectId: Id, given: readonly { entry: Entry; answer: AnswerInput }[]): void {
    this.add(given.map(({ entry, answer }) => ({ project_id: projectId, kind: "answer", answer, entry })));
  }

  /**
   * Takes an answer back. One that never left the browser just goes; for any other the server is told,
   * after the answer itself: it may have arrived without a word back.
   */
  addUndo(projectId: Id, entry: Entry, answer: AnswerInput): void {
    const unsent = this.operations.find(
      (one) => one.kind === "answer" && one.answer.key === answer.key && (!one.was_tried || one.refusal !== null),
    );
    if (unsent !== undefined) this.discard(unsent.id);
    else this.add([{ project_id: projectId, kind: "undo", answer, entry }]);
  }

  /** Throws an operation away; only its author decides so, or the server's word that it has it. */
  discard(id: string): void {
    const operation = this.operations.find((one) => one.id === id);
    this.operations = this.operations.filter((one) => one.id !== id);
    this.unwritten.delete(id);
    this.parts.journal.enter(this.parts.person, { kind: "remove", id, operation });
    this.drop(id, operation);
    this.changed();
  }

  /** Sends a refused operation once more. */
  retry(id: string): void {
    this.replace([id], (one) => ({ ...one, refusal: null }));
    this.flush();
  }

  /** Sends what waits, now: after sign-in, when the network is back, or when asked. */
  flush = (): void => {
    if (this.isClosed) return;
    this.cancelWait();
    if (this.flushing !== null) {
      this.isAskedAgain = true;
      return;
    }
    if (!this.operations.some((one) => one.refusal === null)) return;
    this.flushing = this.run().finally(() => {
      this.flushing = null;
      this.changed();
      if (this.isAskedAgain) {
        this.isAskedAgain = false;
        this.flush();
      }
    });
    this.changed();
  };

  /** Takes over what other tabs wrote. */
  async reload(): Promise<void> {
    try {
      let before: Promise<void>;
      let kept: Operation[];
      do {
        before = this.writes;
        await before;
        kept = await this.parts.store.all(this.parts.person);
      } while (before !== this.writes); // something was written meanwhile: what we read is old
      const unkept = this.operations.filter((one) => this.unwritten.has(one.id));
      this.operations = [...kept, ...unkept].sort((a, b) => a.seq - b.seq);
    } catch {
      this.isUnsafe = true;
    }
    this.changed();
  }

  // --- sending ---

  private async run(): Promise<void> {
    try {
      await this.parts.lock(async () => {
        await this.reload();
        for (let batch = this.nextBatch(BATCH); batch.length > 0; batch = this.nextBatch(BATCH)) {
          await this.send(batch);
        }
      });
      this.n_failures = 0;
      this.trouble = null;
    } catch (error) {
      this.trouble = error instanceof ApiError ? error : unreachable();
      if (this.trouble.isSignedOut) return;
      const seconds = BACK_OFF_SECONDS[Math.min(this.n_failures, BACK_OFF_SECONDS.length - 1)] ?? 30;
      this.n_failures += 1;
      this.isAskedAgain = false;
      this.cancelWait = (this.parts.wait ?? byTimer)(seconds, this.flush);
    }
  }

  /** The oldest waiting operations that can go in one call: answers of one project, or undos of it. */
  private nextBatch(limit: number): Operation[] {
    const waiting = this.operations.filter((one) => one.refusal === null);
    const first = waiting[0];
    if (first === undefined) return [];
    const stop = waiting.findIndex((one) => one.kind !== first.kind || one.project_id !== first.project_id);
    return waiting.slice(0, stop < 0 ? limit : Math.min(stop, limit));
  }

  /** Says in the store that these are being sent; those that another tab has taken away are left out. */
  private async markTried(batch: Operation[]): Promise<Operation[]> {
    const ids = new Set(batch.map((one) => one.id));
    this.operations = this.operations.map((one) => (ids.has(one.id) ? { ...one, was_tried: true } : one));
    let there = ids; // all of them, if the store fails: they live in this page only
    this.write(async () => {
      const found = await this.parts.store.mark(batch.map((one) => ({ ...one, was_tried: true })));
      there = new Set([...ids].filter((id) => found.has(id) || this.unwritten.has(id)));
    });
    await this.writes;
    this.operations = this.operations.filter((one) => !ids.has(one.id) || there.has(one.id));
    return batch.filter((one) => there.has(one.id));
  }

  private async send(batch: Operation[]): Promise<void> {
    batch = await this.markTried(batch);
    const [first] = batch;
    if (first === undefined) return;
    try {
      if (first.kind === "undo" && batch.length > 1) {
        const results = await this.parts.wire.undoAnswers(first.project_id, batch.map((one) => one.answer.key));
        this.settle(batch, new Map(results.map((result) => [result.key, result])));
      } else if (first.kind === "undo") {
        await this.parts.wire.undoAnswer(first.answer.key);
        this.settle(batch, new Map());
      } else {
        const results = await this.parts.wire.sendAnswers(first.project_id, batch.map((one) => one.answer));
        this.settle(batch, new Map(results.map((result) => [result.key, result])));
      }
    } catch (error) {
      if (!(error instanceof ApiError) || error.isPassing || error.isSignedOut) throw error;
      if (batch.length > 1) {
        // One of them spoils the batch: send each alone, so that only that one stays behind.
        for (const one of batch) await this.send([one]);
      } else if (first.kind === "undo" && (error.code === "already_undone" || isNothingToUndo(first, error.code))) {
        this.settle(batch, new Map());
      } else {
        this.refuse(first, error.code, error.message);
      }
    }
  }

  private settle(batch: Operation[], results: Map<string, AnswerResult>): void {
    const done: string[] = [];
    for (const one of batch) {
      const result = results.get(one.answer.key);
      if (result?.outcome === "refused" && !isNothingToUndo(one, result.code)) this.refuse(one, result.code, result.message);
      else if (one.kind === "undo" || result !== undefined) done.push(one.id);
      else this.refuse(one, "no_word", t("The server said nothing about this answer. Try it again."));
    }
    this.operations = this.operations.filter((one) => !done.includes(one.id));
    this.write(() => this.parts.store.remove(done));
    this.changed();
  }

  private refuse(operation: Operation, code: string, message: string): void {
    this.replace([operation.id], (one) => ({ ...one, refusal: { code, message } }));
  }

  // --- keeping ---

  private add(given: readonly Pick<Operation, "project_id" | "kind" | "answer" | "entry" | "is_unsure">[]): void {
    const made = given.map((parts): Operation => {
      // Microseconds since 1970, made to rise even within one millisecond.
      this.lastSeq = Math.max(this.lastSeq + 1, Date.now() * 1000);
      return {
        ...parts,
        id: `${parts.kind}:${parts.answer.key}`,
        seq: this.lastSeq,
        person: this.parts.person,
        made_at: new Date().toISOString(),
        was_tried: false,
        refusal: null,
      };
    });
    this.operations = [...this.operations, ...made];
    for (const operation of made) this.parts.journal.enter(this.parts.person, { kind: "put", operation });
    this.keep(made);
    this.changed();
    this.flush();
  }

  private keep(operations: readonly Operation[], { isReplay = false } = {}): void {
    for (const one of operations) this.unwritten.add(one.id);
    this.write(async () => {
      const { person, journal, painted } = this.parts;
      if (!isReplay) await painted?.(); // until then the journal has it
      // The journal that is read on opening may be of a tab that lives, and has done or undone it since.
      await this.parts.store.put(isReplay ? operations.filter((one) => journal.find(person, one.id)?.kind === "put") : operations);
      for (const one of operations) {
        this.unwritten.delete(one.id);
        journal.forget(person, one.id, "put"); // not if it was thrown away meanwhile: the journal says so
      }
    });
  }

  /**
   * Takes an operation out of the store. If another tab has begun to send the answer, or has sent it, the
   * server is told to take it back.
   */
  private drop(id: string, operation?: Operation): void {
    this.write(async () => {
      const was = await this.parts.store.take(id);
      if (operation?.kind === "answer" && operation.refusal === null && (was === undefined || was.was_tried)) {
        const { project_id, answer, entry } = operation;
        this.add([{ project_id, kind: "undo", answer, entry, is_unsure: true }]);
      }
      this.parts.journal.forget(this.parts.person, id, "remove");
    });
  }

  private replace(ids: readonly string[], change: (operation: Operation) => Operation): void {
    this.operations = this.operations.map((one) => (ids.includes(one.id) ? change(one) : one));
    const changed = this.operations.filter((one) => ids.includes(one.id));
    this.write(() => this.parts.store.put(changed));
    this.changed();
  }

  /** Writes go one after another, so that the store never ends with an older state than the page. */
  private write(work: () => Promise<void>): void {
    this.writes = this.writes.then(work).then(
      () => this.parts.announce?.(),
      () => {
        this.isUnsafe = true;
        this.changed();
      },
    );
  }

  private changed(): void {
    this.snapshot = {
      waiting: this.operations.filter((one) => one.refusal === null),
      refused: this.operations.filter((one) => one.refusal !== null),
      isSending: this.flushing !== null,
      trouble: this.trouble,
      isUnsafe: this.isUnsafe,
    };
    this.listeners.forEach((listener) => listener());
  }
}
