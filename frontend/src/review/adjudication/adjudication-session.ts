/**
 * A reviewer's sitting: the case on screen, those behind it, and the verdicts given.
 *
 * A key press changes only this object, so the next case paints in the same frame; verdicts and undos leave one
 * after the other in the background. A verdict that could not be stored brings its case back.
 */

import { ApiError, unreachable } from "@/api/client";
import type { Id, NewVerdict, Page } from "@/api/types";
import { t } from "@/language/translate";
import { canKeep, verdictOn, type Case } from "@/review/adjudication/cases";
import { newKey } from "@/review/key";

const REFILL_BELOW = 10;
const N_HISTORY = 200;

export interface Given {
  key: string;
  /** Null for a verdict of an earlier page: the server gives the case back when it is undone. */
  case: Case | null;
  /** Null: the label stays as it is. */
  classId: Id | null;
}

export interface AdjudicationState {
  cases: readonly Case[];
  history: readonly Given[];
  n_sending: number;
  status: "loading" | "ready" | "empty";
  /** Why no more could be fetched. */
  trouble: ApiError | null;
  /** What became of the last verdict or undo, where it did not go as asked. */
  notice: string | null;
}

interface Parts {
  read: (cursor: string | null) => Promise<Page<Case>>;
  send: (verdict: NewVerdict) => Promise<unknown>;
  undo: (key: string) => Promise<Case | null>;
  newKey?: () => string;
}

export class AdjudicationSession {
  private listeners = new Set<() => void>();
  private decided = new Set<string>();
  /** An item that an undo gave back, as it is now: its label has a new id. */
  private fresh = new Map<string, Case>();
  /** Of the next page; undefined: the first has not been read. */
  private cursor: string | null | undefined;
  private isReading = false;
  private tail: Promise<void> = Promise.resolve();
  private state: AdjudicationState = { cases: [], history: [], n_sending: 0, status: "loading", trouble: null, notice: null };

  constructor(private readonly parts: Parts) {}

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  getState = (): AdjudicationState => this.state;

  get current(): Case | undefined {
    return this.state.cases[0];
  }

  /** The item's class is decided, or (null) its label stays as it is; the next case is on screen. */
  decide(classId: Id | null): void {
    const one = this.current;
    if (one === undefined || (classId === null && !canKeep(one))) return;
    const given = { key: (this.parts.newKey ?? newKey)(), case: one, classId };
    this.decided.add(one.id);
    this.show(this.state.cases.slice(1), { history: [...this.state.history, given].slice(-N_HISTORY), notice: null });
    this.enqueue(() => this.store(given, one));
    void this.topUp();
  }

  /** The case waits behind the others. */
  later(): void {
    const [first, ...rest] = this.state.cases;
    if (first !== undefined) this.show([...rest, first], { notice: null });
  }

  /** Takes the last verdict back and shows its case again. */
  undo(): void {
    const last = this.state.history.at(-1);
    if (last === undefined) return;
    this.set({ history: this.state.history.slice(0, -1), notice: null });
    if (last.case !== null) this.putBack(last.case);
    this.enqueue(() => this.takeBack(last));
  }

  /** Verdicts of earlier pages, the oldest first. */
  recall(given: readonly Given[]): void {
    const known = new Set(this.state.history.map((one) => one.key));
    this.set({ history: [...given.filter((one) => !known.has(one.key)), ...this.state.history] });
  }

  async topUp(): Promise<void> {
    if (this.state.cases.length < REFILL_BELOW && this.cursor !== null) await this.read(this.cursor ?? null);
  }

  /** Looks again from the beginning. */
  async renew(): Promise<void> {
    await this.read(null);
  }

  /** When all verdicts and undos have left. */
  settled(): Promise<void> {
    return this.tail;
  }

  private async read(cursor: string | null): Promise<void> {
    if (this.isReading) return;
    this.isReading = true;
    try {
      const page = await this.parts.read(cursor);
      this.cursor = page.next;
      const known = new Set(this.state.cases.map((one) => one.id));
      this.show([...this.state.cases, ...page.results.filter((one) => !known.has(one.id) && !this.decided.has(one.id))], { trouble: null });
    } catch (error) {
      this.set({ trouble: asApiError(error), status: this.state.cases.length > 0 ? "ready" : "empty" });
      return;
    } finally {
      this.isReading = false;
    }
    if (this.state.cases.length === 0 && this.cursor !== null) await this.topUp();
  }

  private async store(given: Given, one: Case): Promise<void> {
    try {
      await this.parts.send(verdictOn(this.fresh.get(one.id) ?? one, given.key, given.classId));
    } catch (error) {
      const failed = asApiError(error);
      // Refused for good: somebody else has decided, and there is nothing to undo. Else it is asked again.
      this.set({ history: this.state.history.filter((each) => each.key !== given.key), notice: t("{key}: {message}", { key: one.item.key, message: failed.message }) });
      if (failed.isPassing || failed.isSignedOut) this.putBack(one);
    }
  }

  private async takeBack(given: Given): Promise<void> {
    try {
      const now = await this.parts.undo(given.key);
      if (now === null) {
        this.drop(given.case?.id, t("The verdict is undone. The item waits no more: the model has changed its answer since."));
      } else if (given.case === null) {
        this.putBack(now);
      } else {
        this.fresh.set(given.case.id, { ...now, id: given.case.id });
      }
    } catch (error) {
      this.drop(given.case?.id, asApiError(error).message);
    }
  }

  private putBack(one: Case): void {
    this.decided.delete(one.id);
    this.show([one, ...this.state.cases.filter((each) => each.id !== one.id)]);
  }

  private drop(id: string | undefined, notice: string): void {
    if (id !== undefined) this.decided.add(id);
    this.show(
      this.state.cases.filter((one) => one.id !== id),
      { notice },
    );
  }

  private enqueue(act: () => Promise<void>): void {
    this.set({ n_sending: this.state.n_sending + 1 });
    this.tail = this.tail.then(act).then(() => this.set({ n_sending: this.state.n_sending - 1 }));
  }

  private show(cases: readonly Case[], change: Partial<AdjudicationState> = {}): void {
    const isMore = this.cursor !== null;
    this.set({ ...change, cases, status: cases.length > 0 ? "ready" : isMore ? "loading" : "empty" });
  }

  private set(change: Partial<AdjudicationState>): void {
    this.state = { ...this.state, ...change };
    this.listeners.forEach((listener) => listener());
  }
}

const asApiError = (error: unknown) => (error instanceof ApiError ? error : unreachable());
