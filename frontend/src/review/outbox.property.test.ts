/** The outbox under every order of failures, reloads and tabs that fast-check thinks of. */

import fc from "fast-check";
import { expect, test } from "vitest";

import { ApiError, unreachable } from "@/api/client";
import type { AnswerInput, AnswerResult, Entry } from "@/api/types";
import { localJournal, type Journal } from "@/review/journal";
import { Outbox } from "@/review/outbox";
import type { Operation, OutboxStore } from "@/review/outbox-store";

const never = <T>() => new Promise<T>(() => undefined);
const tick = async (n = 1) => {
  for (let i = 0; i < n; i += 1) await Promise.resolve();
};
const entry = (id: number) => ({ id, item: { id, key: `item-${id}` } }) as Entry;
const answer = (n: number): AnswerInput => ({ key: `key-${n}`, entry_id: n, kind: "label", class_id: 1 });

type Weather = "well" | "request lost" | "reply lost" | "broken" | "signed out";
const WEATHER: Weather[] = ["well", "request lost", "reply lost", "broken", "signed out"];

/** Stores by key; every fifth entry went to somebody else, so that its answer is refused. */
class Server {
  weather: Weather = "well";
  standing = new Set<string>();
  withdrawn = new Set<string>();
  /** How often each key was stored anew. */
  n_stored = new Map<string, number>();

  private async call<T>(work: () => T): Promise<T> {
    await tick(3);
    const { weather } = this;
    if (weather === "request lost") throw unreachable();
    if (weather === "broken") throw new ApiError(503, "broken", "");
    if (weather === "signed out") throw new ApiError(401, "not_authenticated", "");
    const done = work();
    await tick(3);
    if (weather === "reply lost") throw unreachable();
    return done;
  }

  send = (answers: AnswerInput[]) =>
    this.call(() =>
      answers.map(({ key, entry_id }): AnswerResult => {
        if (entry_id % 5 === 4) return { key, outcome: "refused", code: "closed", message: "Somebody was first." };
        if (this.standing.has(key) || this.withdrawn.has(key)) return { key, outcome: "repeated", code: "", message: "" };
        this.standing.add(key);
        this.n_stored.set(key, (this.n_stored.get(key) ?? 0) + 1);
        return { key, outcome: "stored", code: "", message: "" };
      }),
    );

  undo = (keys: string[]) =>
    this.call(() =>
      keys.map((key): AnswerResult => {
        if (this.withdrawn.has(key)) return { key, outcome: "repeated", code: "", message: "" };
        if (!this.standing.delete(key)) return { key, outcome: "refused", code: "not_found", message: "" };
        this.withdrawn.add(key);
        return { key, outcome: "stored", code: "", message: "" };
      }),
    );
}

/** What a browser keeps, whatever happens to its pages: IndexedDB, localStorage, and the lock of its tabs. */
class Browser {
  kept = new Map<string, Operation>();
  pages: Page[] = [];
  private texts = new Map<string, string>();
  private queue: { page: Page; begin: () => void }[] = [];
  private holder: Page | null = null;

  journal(page: Page): Journal {
    const texts = this.texts;
    return localJournal({
      get length() {
        return texts.size;
      },
      key: (i) => [...texts.keys()][i] ?? null,
      getItem: (name) => texts.get(name) ?? null,
      setItem: (name, value) => void (page.isAlive && texts.set(name, value)),
      removeItem: (name) => void (page.isAlive && texts.delete(name)),
    });
  }

  async lock(page: Page, work: () => Promise<void>): Promise<void> {
    if (this.holder === null) this.holder = page;
    else await new Promise<void>((begin) => this.queue.push({ page, begin }));
    if (!page.isAlive) return never();
    try {
      await work();
    } finally {
      if (this.holder === page) this.release();
    }
  }

  close(page: Page): void {
    page.isAlive = false;
    page.outbox.close();
    this.pages = this.pages.filter((one) => one !== page);
    this.queue = this.queue.filter((one) => one.page !== page);
    if (this.holder === page) this.release();
  }

  private release(): void {
    const next = this.queue.shift();
    this.holder = next?.page ?? null;
    next?.begin();
  }
}

/** A tab. Once closed, nothing that it began goes on. */
class Page {
  isAlive = true;
  made: number[] = [];
  again: () => void = () => undefined;
  outbox: Outbox;

  constructor(browser: Browser, server: Server) {
    const alive = async <T>(work: () => Promise<T>): Promise<T> => {
      if (!this.isAlive) return never<T>();
      const [done] = await Promise.allSettled([work()]);
      if (!this.isAlive) return never<T>();
      if (done.status === "rejected") throw done.reason;
      return done.value;
    };
    const store: OutboxStore = {
      all: () => alive(() => tick(2).then(() => [...browser.kept.values()].sort((a, b) => a.seq - b.seq))),
      put: (operations) => alive(() => tick(2).then(() => operations.forEach((one) => this.isAlive && browser.kept.set(one.id, one)))),
      mark: (operations) =>
        alive(() =>
          tick(2).then(() => {
            const there = operations.filter((one) => this.isAlive && browser.kept.has(one.id));
            there.forEach((one) => browser.kept.set(one.id, one));
            return new Set(there.map((one) => one.id));
          }),
        ),
      take: (id) =>
        alive(() =>
          tick(2).then(() => {
            const found = browser.kept.get(id);
            if (this.isAlive) browser.kept.delete(id);
            return found;
          }),
        ),
      remove: (ids) => alive(() => tick(2).then(() => ids.forEach((id) => this.isAlive && browser.kept.delete(id)))),
    };
    this.outbox = new Outbox({
      person: "ada",
      store,
      journal: browser.journal(this),
      wire: {
        sendAnswers: (_, answers) => alive(() => server.send(answers)),
        undoAnswers: (_, keys) => alive(() => server.undo(keys)),
        undoAnswer: (key) =>
          alive(() => server.undo([key])).then(([result]) => {
            if (result?.outcome === "refused") throw new ApiError(404, result.code, "");
            if (result?.outcome === "repeated") throw new ApiError(409, "already_undone", "");
          }),
      },
      lock: (work) => browser.lock(this, work),
      announce: () => browser.pages.forEach((one) => one !== this && void one.outbox.reload()),
      wait: (_, then) => {
        this.again = then;
        return () => (this.again = () => undefined);
      },
    });
    browser.pages.push(this);
    void this.outbox.open();
  }
}

const WHATS = ["answer", "answer", "answer", "undo", "reload", "weather", "again", "retry"];

/** What may happen next, in one tab or in several. */
const stepsOf = (n_tabs: number) =>
  fc.array(
    fc.record({
      what: fc.constantFrom(...WHATS),
      tab: fc.nat({ max: n_tabs - 1 }),
      weather: fc.constantFrom(...WEATHER),
      ticks: fc.nat({ max: 12 }),
    }),
    { maxLength: 30 },
  );

test.each([1, 3])("each answer arrives exactly once or is shown as refused, under any order of failures, undos and reloads in %i tabs", async (n_tabs) => {
  await fc.assert(
    fc.asyncProperty(stepsOf(n_tabs), async (steps) => {
      const server = new Server();
      const browser = new Browser();
      const tabs = Array.from({ length: n_tabs }, () => new Page(browser, server));
      const undone = new Set<string>();
      let n = 0;
      for (const { what, tab, weather, ticks } of steps) {
        const page = tabs[tab] as Page;
        if (what === "answer") {
          page.outbox.addAnswer(1, entry(n), answer(n));
          page.made.push(n);
          n += 1;
        } else if (what === "undo") {
          const last = page.made.pop();
          if (last !== undefined) {
            page.outbox.addUndo(1, entry(last), answer(last));
            undone.add(answer(last).key);
          }
        } else if (what === "reload") {
          browser.close(page);
          tabs[tab] = new Page(browser, server);
        } else if (what === "weather") server.weather = weather;
        else if (what === "again") page.again();
        else page.outbox.getState().refused.forEach((one) => page.outbox.retry(one.id));
        await tick(ticks);
      }

      // The end: all is well again, and the person comes back to a fresh page.
      server.weather = "well";
      tabs.forEach((page) => browser.close(page));
      const { outbox } = new Page(browser, server);
      for (let i = 0; i < 200; i += 1) await tick(20);

      expect(outbox.getState()).toMatchObject({ waiting: [], isSending: false, isUnsafe: false });
      const refused = new Set(outbox.getState().refused.filter((one) => one.kind === "answer").map((one) => one.answer.key));
      for (let i = 0; i < n; i += 1) {
        const { key } = answer(i);
        const outcome = [server.standing.has(key), refused.has(key)];
        if (undone.has(key)) expect([key, outcome[0]]).toEqual([key, false]);
        else expect([key, ...outcome]).toEqual([key, i % 5 !== 4, i % 5 === 4]);
        expect(server.n_stored.get(key) ?? 0).toBeLessThanOrEqual(1);
      }
    }),
    { numRuns: 200, seed: 7 },
  );
}, 60_000);
