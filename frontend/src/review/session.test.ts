import { expect, test } from "vitest";

import { unreachable } from "@/api/client";
import type { AnswerInput, Claim, Entry } from "@/api/types";
import type { Outbox } from "@/review/outbox";
import { ReviewSession } from "@/review/session";

const entry = (id: number, suggestedClass?: number) =>
  ({ id, suggestion: suggestedClass === undefined ? null : { class_id: suggestedClass, confidence: 0.9 } }) as Entry;
const entries = (from: number, n: number) => Array.from({ length: n }, (_, i) => entry(from + i, 7));

function make(claims: (Claim | Error)[]) {
  const sent: AnswerInput[] = [];
  const undone: string[] = [];
  const clock = { now: 0 };
  const asked: number[] = [];
  const outbox = {
    addAnswer: (_: number, __: Entry, answer: AnswerInput) => void sent.push(answer),
    addUndo: (_: number, __: Entry, answer: AnswerInput) => void undone.push(answer.key),
    answeredEntryIds: () => new Set(sent.filter((one) => !undone.includes(one.key)).map((one) => one.entry_id)),
  } as unknown as Outbox;
  let n_keys = 0;
  const session = new ReviewSession({
    projectId: 1,
    outbox,
    leaseSeconds: 60,
    claim: async (n) => {
      asked.push(n);
      const claim = claims.shift() ?? { entries: [], has_more: false };
      if (claim instanceof Error) throw claim;
      return claim;
    },
    undoStored: async () => entry(99),
    now: () => clock.now,
    newKey: () => `key-${(n_keys += 1)}`,
  });
  return { session, sent, undone, clock, asked };
}

test("an answer shows the next item at once and carries what it took", async () => {
  const { session, sent, clock } = make([{ entries: entries(1, 20), has_more: true }]);
  await session.renew();
  clock.now = 1500;

  session.label(7);

  expect(session.current?.id).toBe(2);
  expect(sent).toEqual([{ key: "key-1", entry_id: 1, kind: "label", class_id: 7, seconds: 1.5 }]);
});

test("the suggested class answers like any other, and pressing it twice answers two items", async () => {
  const { session, sent } = make([{ entries: entries(1, 20), has_more: false }]);
  await session.renew();

  session.label(7);
  session.accept();

  expect(sent.map(({ entry_id, class_id }) => [entry_id, class_id])).toEqual([
    [1, 7],
    [2, 7],
  ]);
});

test("accepting does nothing where the guess is hidden", async () => {
  const { session, sent } = make([{ entries: [entry(1)], has_more: false }]);
  await session.renew();

  session.accept();

  expect(sent).toEqual([]);
  expect(session.current?.id).toBe(1);
});

test("more is fetched before the hand is empty, and what is answered is not shown again", async () => {
  const { session, asked } = make([
    { entries: entries(1, 12), has_more: true },
    { entries: entries(1, 20), has_more: false },
  ]);
  await session.renew();

  session.label(7);
  await Promise.resolve();
  await Promise.resolve();

  expect(asked).toHaveLength(2);
  expect(session.getState().entries.map((one) => one.id)).toEqual(Array.from({ length: 19 }, (_, i) => i + 2));
});

test("undo puts the items back in turn", async () => {
  const { session, undone } = make([{ entries: entries(1, 20), has_more: false }]);
  await session.renew();
  session.label(7);
  session.skip("skip_me");

  session.undo();
  expect(session.current?.id).toBe(2);
  session.undo();
  expect(session.current?.id).toBe(1);
  session.undo();

  expect(session.current?.id).toBe(1);
  expect(undone).toEqual(["key-2", "key-1"]);
});

test("an entry whose lease ran out is let go, one that was renewed stays", async () => {
  const { session, clock } = make([
    { entries: entries(1, 2), has_more: false },
    { entries: entries(2, 1), has_more: false },
  ]);
  await session.renew();
  clock.now = 61_000;

  await session.renew();

  expect(session.getState().entries.map((one) => one.id)).toEqual([2]);
});

test("a server that cannot be reached leaves what is in hand", async () => {
  const { session } = make([{ entries: entries(1, 2), has_more: false }, unreachable()]);
  await session.renew();
  await session.renew();

  expect(session.getState()).toMatchObject({ status: "ready", trouble: { code: "unreachable" } });
  expect(session.getState().entries).toHaveLength(2);
});

test("an empty claim while entries are free is a moment to wait, not the end", async () => {
  const { session } = make([{ entries: [], has_more: true }]);

  await session.renew();

  expect(session.getState().status).toBe("loading");
});
