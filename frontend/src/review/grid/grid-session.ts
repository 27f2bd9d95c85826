/**
 * One person's sitting at the grid of one project: the items on the page, which of them are marked, what
 * was confirmed. As in ReviewSession, a key press changes only this object and the outbox.
 */

import { ApiError, unreachable } from "@/api/client";
import type { AnswerInput, Entry, Id } from "@/api/types";
import { newKey } from "@/review/key";
import type { Outbox } from "@/review/outbox";

export const PAGE_SIZES = [12, 24, 48, 96, 200];
const MAX_CLAIM = 400;
const N_HISTORY = 20;

/** What a marked item is: some other class, or just not this one. */
export type Mark = Id | "wrong";

interface DonePage {
  classId: Id;
  done: { entry: Entry; answer: AnswerInput }[];
  marks: ReadonlyMap<Id, Mark>;
}

export interface GridState {
  classId: Id;
  size: number;
  /** On the page and, behind it, those of the next: both are held for us. */
  entries: readonly Entry[];
  marks: ReadonlyMap<Id, Mark>;
  /** Entries that were in sight with their content loaded: nothing else is ever confirmed. */
  seen: ReadonlySet<Id>;
  /** Place on the page that keys act on. */
  cursor: number;
  history: readonly DonePage[];
  status: "loading" | "ready" | "empty";
  /** Why no more could be fetched; what is in hand can still be confirmed. */
  trouble: ApiError | null;
}

interface Parts {
  projectId: Id;
  outbox: Pick<Outbox, "addAnswers" | "addUndo" | "answeredEntryIds">;
  /** How long the server keeps an entry for us after a claim. */
  leaseSeconds: number;
  claim: (classId: Id, n: number) => Promise<{ entries: Entry[] }>;
  /** Milliseconds on a clock that only rises. */
  now?: () => number;
  newKey?: () => string;
}

export class GridSession {
  private listeners = new Set<() => void>();
  private doneIds = new Set<Id>();
  /** Entry id -> when its lease runs out, on our own clock: the server's may differ. */
  private heldUntil = new Map<Id, number>();
  private shownAt: number;
  private isClaiming = false;
  private isAskedAgain = false;
  private state: GridState;

  constructor(
    private readonly parts: Parts,
    start: { classId: Id; size: number },
  ) {
    this.shownAt = this.now();
    this.state = { ...start, entries: [], marks: new Map(), seen: new Set(), cursor: 0, history: [], status: "loading", trouble: null };
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  getState = (): GridState => this.state;

  get page(): readonly Entry[] {
    return this.state.entries.slice(0, this.state.size);
  }

  get underCursor(): Entry | undefined {
    return this.page[this.state.cursor];
  }

  // --- what the page does ---

  /** Shows another class. The server takes the items of the one before back with the next claim. */
  setClass(classId: Id): void {
    if (classId === this.state.classId) return;
    this.set({ classId, entries: [], marks: new Map(), cursor: 0, status: "loading", trouble: null });
    void this.renew();
  }

  setSize(size: number): void {
    this.set({ size, cursor: Math.min(this.state.cursor, size - 1) });
    void this.renew();
  }

  /** Moves the cursor by `by` places, and stays on the page. */
  move(by: number): void {
    this.moveTo(Math.max(0, Math.min(this.page.length - 1, this.state.cursor + by)));
  }

  moveTo(place: number): void {
    if (place >= 0 && place < this.page.length) this.set({ cursor: place });
  }

  /** Marks the item under the cursor as not of the class, or takes its mark off. */
  toggle(): void {
    const entry = this.underCursor;
    if (entry) this.mark(entry.id, this.state.marks.has(entry.id) ? undefined : "wrong");
  }

  /** Says what the item under the cursor is. The class that is suggested takes its mark off. */
  label(classId: Id): void {
    const entry = this.underCursor;
    if (entry) this.mark(entry.id, classId === this.state.classId ? undefined : classId);
  }

  /** These were in sight, and what they show was loaded. */
  see(ids: readonly Id[]): void {
    if (ids.some((id) => !this.state.seen.has(id))) this.set({ seen: new Set([...this.state.seen, ...ids]) });
  }

  /** Answers what was seen of the page, as marked; what was not stays, and the next come after it. */
  confirm(): void {
    const page = this.page.filter((one) => this.state.seen.has(one.id));
    if (page.length === 0) return;
    const { classId, marks, history } = this.state;
    // Each has its share of the time, so that they add up to what the page took.
    const seconds = Math.round((this.now() - this.shownAt) / 10 / page.length) / 100;
    const done = page.map((entry) => ({ entry, answer: { ...this.answer(entry), seconds } }));
    for (const one of page) this.doneIds.add(one.id);
    const answered = new Set(page.map((one) => one.id));
    const kept = new Map([...marks].filter(([id]) => answered.has(id)));
    const entries = this.state.entries.filter((one) => !answered.has(one.id));
    this.set({
      entries,
      marks: new Map([...marks].filter(([id]) => !kept.has(id))),
      cursor: 0,
      history: [...history, { classId, done, marks: kept }].slice(-N_HISTORY),
      status: entries.length > 0 ? "ready" : "loading",
    });
    this.shownAt = this.now();
    this.parts.outbox.addAnswers(this.parts.projectId, done);
    void this.renew();
  }

  /** Takes the last confirmed page back, and shows it as it was. */
  undo(): void {
    const last = this.state.history.at(-1);
    if (last === undefined) return;
    const isSameClass = last.classId === this.state.classId;
    const restored = last.done.map(({ entry }) => entry);
    for (const one of restored) {
      this.doneIds.delete(one.id);
      this.heldUntil.delete(one.id);
    }
    this.set({
      classId: last.classId,
      entries: [...restored, ...(isSameClass ? this.state.entries : [])],
      marks: new Map([...(isSameClass ? this.state.marks : []), ...last.marks]),
      cursor: 0,
      history: this.state.history.slice(0, -1),
      status: "ready",
    });
    this.shownAt = this.now();
    for (const { entry, answer } of last.done) this.parts.outbox.addUndo(this.parts.projectId, entry, answer);
    if (!isSameClass) void this.renew();
  }

  /** Holds on to what is in hand, fetches this page and the next, and lets go of what ran out meanwhile. */
  async renew(): Promise<void> {
    if (this.isClaiming) {
      this.isAskedAgain = true;
      return;
    }
    this.isClaiming = true;
    const { classId, size } = this.state;
    try {
      // What is answered but not stored yet still counts as held on the server.
      const n_unsent = this.parts.outbox.answeredEntryIds(this.parts.projectId).size;
      const { entries } = await this.parts.claim(classId, Math.min(MAX_CLAIM, 2 * size + n_unsent));
      if (classId === this.state.classId) this.take(entries);
    } catch (error) {
      const trouble = error instanceof ApiError ? error : unreachable();
      this.set({ trouble, status: this.state.entries.length > 0 ? "ready" : "empty" });
    } finally {
      this.isClaiming = false;
    }
    if (this.isAskedAgain) {
      this.isAskedAgain = false;
      await this.renew();
    }
  }

  /** Forgets what is in hand, and gives the ids to return. */
  letGo(): Id[] {
    const ids = this.state.entries.map((one) => one.id);
    this.set({ entries: [], marks: new Map(), cursor: 0, status: "loading" });
    return ids;
  }

  // --- inside ---

  private take(claimed: readonly Entry[]): void {
    for (const one of claimed) this.heldUntil.set(one.id, this.now() + this.parts.leaseSeconds * 1000);
    const held = this.state.entries.filter((one) => (this.heldUntil.get(one.id) ?? Infinity) > this.now());
    const known = new Set(held.map((one) => one.id));
    const answered = this.parts.outbox.answeredEntryIds(this.parts.projectId);
    const fresh = claimed.filter((one) => !known.has(one.id) && !answered.has(one.id) && !this.doneIds.has(one.id));
    if (this.state.entries.length === 0) this.shownAt = this.now();
    const entries = [...held, ...fresh];
    const n_shown = Math.min(entries.length, this.state.size);
    const cursor = Math.max(0, Math.min(this.state.cursor, n_shown - 1));
    this.set({ entries, cursor, trouble: null, status: entries.length > 0 ? "ready" : "empty" });
  }

  private mark(id: Id, mark: Mark | undefined): void {
    const marks = new Map(this.state.marks);
    if (mark === undefined) marks.delete(id);
    else marks.set(id, mark);
    this.set({ marks });
  }

  private answer(entry: Entry): AnswerInput {
    const mark = this.state.marks.get(entry.id);
    const about = { key: (this.parts.newKey ?? newKey)(), entry_id: entry.id };
    if (mark === "wrong") return { ...about, kind: "not_this" };
    return { ...about, kind: "label", class_id: mark ?? this.state.classId };
  }

  private now(): number {
    return (this.parts.now ?? (() => performance.now()))();
  }

  private set(change: Partial<GridState>): void {
    this.state = { ...this.state, ...change };
    this.listeners.forEach((listener) => listener());
  }
}
