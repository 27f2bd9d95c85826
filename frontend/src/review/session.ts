/**
 * One person's sitting at the queue of one project: what is in hand, what comes next, what was done.
 *
 * A key press changes only this object and the outbox, both in memory, so the next item paints in the
 * same frame; the server hears of it in the background.
 */

import { ApiError, unreachable } from "@/api/client";
import type { AnswerKind, Claim, Entry, Id } from "@/api/types";
import { newKey } from "@/review/key";
import type { Outbox } from "@/review/outbox";

/** Items in hand: the one on screen and those that are already loaded behind it. */
export const N_AHEAD = 20;
const REFILL_BELOW = 12;
const N_HISTORY = 200;
const MAX_CLAIM = 50;

export interface Done {
  key: string;
  /** Null for an answer of an earlier page: the server gives the entry back when it is undone. */
  entry: Entry | null;
  kind: AnswerKind;
  class_id?: Id;
}

export interface SessionState {
  entries: readonly Entry[];
  history: readonly Done[];
  status: "loading" | "ready" | "empty";
  /** Why no more could be fetched; what is in hand can still be answered. */
  trouble: ApiError | null;
  /** Why the last undo could not be done. */
  notice: string | null;
}

interface Parts {
  projectId: Id;
  outbox: Outbox;
  /** How long the server keeps an entry for us after a claim. */
  leaseSeconds: number;
  claim: (n: number) => Promise<Claim>;
  /** Takes back an answer that the server has, and gives its entry. */
  undoStored: (key: string) => Promise<Entry>;
  /** Milliseconds on a clock that only rises. */
  now?: () => number;
  newKey?: () => string;
}

export class ReviewSession {
  private listeners = new Set<() => void>();
  private doneIds = new Set<Id>();
  /** Entry id -> when its lease runs out, on our own clock: the server's may differ. */
  private heldUntil = new Map<Id, number>();
  private shownAt: number;
  private isClaiming = false;
  private state: SessionState = { entries: [], history: [], status: "loading", trouble: null, notice: null };

  constructor(private readonly parts: Parts) {
    this.shownAt = this.now();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  getState = (): SessionState => this.state;

  get current(): Entry | undefined {
    return this.state.entries[0];
  }

  /** Answers with a class, and shows the next item. The same key twice is two answers, never a toggle. */
  label(classId: Id): void {
    this.finish("label", classId);
  }

  skip(kind: "skip_me" | "skip_all"): void {
    this.finish(kind);
  }

  /** Answers as the model suggests. Nothing happens where there is no suggestion. */
  accept(): void {
    const suggestion = this.current?.suggestion;
    if (suggestion) this.label(suggestion.class_id);
  }

  /** Puts the last answered item back on screen and takes its answer back. */
  undo(): void {
    const last = this.state.history.at(-1);
    if (last === undefined) return;
    this.set({ history: this.state.history.slice(0, -1), notice: null });
    if (last.entry === null) {
      void this.undoStored(last.key);
      return;
    }
    this.parts.outbox.addUndo(this.parts.projectId, last.entry, {
      key: last.key,
      entry_id: last.entry.id,
      kind: last.kind,
      class_id: last.class_id,
    });
    this.putBack(last.entry);
  }

  private async undoStored(key: string): Promise<void> {
    try {
      this.putBack(await this.parts.undoStored(key));
    } catch (error) {
      this.set({ notice: (error instanceof ApiError ? error : unreachable()).message });
    }
  }

  private putBack(entry: Entry): void {
    this.doneIds.delete(entry.id);
    this.heldUntil.delete(entry.id);
    this.set({ entries: [entry, ...this.state.entries.filter((one) => one.id !== entry.id)], status: "ready" });
    this.shownAt = this.now();
  }

  /** Answers of earlier pages, the oldest first: they can still be undone. */
  recall(done: readonly Done[]): void {
    const known = new Set(this.state.history.map((one) => one.key));
    this.set({ history: [...done.filter((one) => !known.has(one.key)), ...this.state.history] });
  }

  /** Fetches more where few are left. Called after every answer; does nothing while a call is under way. */
  async topUp(): Promise<void> {
    if (this.state.entries.length < REFILL_BELOW) await this.renew();
  }

  /** Holds on to what is in hand, fetches up to N_AHEAD, and lets go of what ran out meanwhile. */
  async renew(): Promise<void> {
    if (this.isClaiming) return;
    this.isClaiming = true;
    try {
      // What is answered but not stored yet still counts as held on the server.
      const n_unsent = this.parts.outbox.answeredEntryIds(this.parts.projectId).size;
      this.take(await this.parts.claim(Math.min(MAX_CLAIM, N_AHEAD + n_unsent)));
    } catch (error) {
      const trouble = error instanceof ApiError ? error : unreachable();
      this.set({ trouble, status: this.state.entries.length > 0 ? "ready" : "empty" });
    } finally {
      this.isClaiming = false;
    }
  }

  private take(claim: Claim): void {
    for (const one of claim.entries) this.heldUntil.set(one.id, this.now() + this.parts.leaseSeconds * 1000);
    const held = this.state.entries.filter((one) => (this.heldUntil.get(one.id) ?? Infinity) > this.now());
    const known = new Set(held.map((one) => one.id));
    const answered = this.parts.outbox.answeredEntryIds(this.parts.projectId);
    const fresh = claim.entries.filter(
      (one) => !known.has(one.id) && !answered.has(one.id) && !this.doneIds.has(one.id),
    );
    const entries = [...held, ...fresh];
    if (entries[0]?.id !== this.current?.id) this.shownAt = this.now();
    // None for us though some are free: a round is being published just now, and its entries are locked.
    const status = entries.length > 0 ? "ready" : claim.has_more ? "loading" : "empty";
    this.set({ entries, trouble: null, status });
  }

  /** Takes an entry out of hand without an answer: it went to somebody else. */
  drop(entryId: Id): void {
    this.doneIds.add(entryId);
    const entries = this.state.entries.filter((one) => one.id !== entryId);
    this.set({ entries, status: entries.length > 0 ? "ready" : "loading" });
    this.shownAt = this.now();
    void this.topUp();
  }

  /** Forgets what is in hand, and gives the ids to return. */
  letGo(): Id[] {
    const ids = this.state.entries.map((one) => one.id);
    this.set({ entries: [], status: "loading" });
    return ids;
  }

  private finish(kind: AnswerKind, classId?: Id): void {
    const entry = this.current;
    if (entry === undefined) return;
    const key = (this.parts.newKey ?? newKey)();
    const seconds = Math.round((this.now() - this.shownAt) / 10) / 100;
    const answer = { key, entry_id: entry.id, kind, seconds, ...(classId === undefined ? {} : { class_id: classId }) };
    this.doneIds.add(entry.id);
    const entries = this.state.entries.slice(1);
    this.set({
      entries,
      history: [...this.state.history, { key, entry, kind, class_id: classId }].slice(-N_HISTORY),
      notice: null,
      status: entries.length > 0 ? "ready" : "loading",
    });
    this.shownAt = this.now();
    this.parts.outbox.addAnswer(this.parts.projectId, entry, answer);
    void this.topUp();
  }

  private now(): number {
    return (this.parts.now ?? (() => performance.now()))();
  }

  private set(change: Partial<SessionState>): void {
    this.state = { ...this.state, ...change };
    this.listeners.forEach((listener) => listener());
  }
}
