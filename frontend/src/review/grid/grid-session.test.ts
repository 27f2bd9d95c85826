import { expect, test } from "vitest";

import type { AnswerInput, Entry } from "@/api/types";
import { GridSession } from "@/review/grid/grid-session";

const CAT = 7;
const DOG = 8;
const entry = (id: number) => ({ id, suggestion: { class_id: CAT, confidence: 0.9 } }) as Entry;
const entries = (from: number, n: number) => Array.from({ length: n }, (_, i) => entry(from + i));

function make(claims: (Entry[] | Error)[], size = 3) {
  const sent: AnswerInput[] = [];
  const undone: string[] = [];
  const asked: [number, number][] = [];
  const clock = { now: 0 };
  let n_keys = 0;
  const session = new GridSession(
    {
      projectId: 1,
      outbox: {
        addAnswers: (_, given) => void sent.push(...given.map(({ answer }) => answer)),
        addUndo: (_, __, answer) => void undone.push(answer.key),
        answeredEntryIds: () => new Set(sent.filter((one) => !undone.includes(one.key)).map((one) => one.entry_id)),
      },
      leaseSeconds: 60,
      claim: async (classId, n) => {
        asked.push([classId, n]);
        const claim = claims.shift() ?? [];
        if (claim instanceof Error) throw claim;
        return { entries: claim };
      },
      now: () => clock.now,
      newKey: () => `key-${(n_keys += 1)}`,
    },
    { classId: CAT, size },
  );
  return { session, sent, undone, asked, clock };
}

/** Everything on the page was in sight, with its picture. */
const seeAll = (session: GridSession) => session.see(session.page.map((one) => one.id));

const ids = (page: readonly Entry[]) => page.map((one) => one.id);

test("one key confirms the rest of the page and shows the next at once", async () => {
  const { session, sent, clock } = make([entries(1, 6)]);
  await session.renew();
  clock.now = 6000;
  session.move(1);
  session.toggle();
  session.move(1);
  session.label(DOG);
  seeAll(session);

  session.confirm();

  expect(sent).toEqual([
    { key: "key-1", entry_id: 1, kind: "label", class_id: CAT, seconds: 2 },
    { key: "key-2", entry_id: 2, kind: "not_this", seconds: 2 },
    { key: "key-3", entry_id: 3, kind: "label", class_id: DOG, seconds: 2 },
  ]);
  expect(ids(session.page)).toEqual([4, 5, 6]);
  expect(session.getState().marks.size).toBe(0);
});

test("the key of the suggested class takes a mark off and never answers with nothing", async () => {
  const { session, sent } = make([entries(1, 1)]);
  await session.renew();
  session.toggle();
  session.label(CAT);
  session.label(CAT);
  seeAll(session);

  session.confirm();

  expect(sent).toMatchObject([{ kind: "label", class_id: CAT }]);
});

test("undo takes the whole page back and shows it with its marks", async () => {
  const { session, undone } = make([entries(1, 5), entries(4, 2)]);
  await session.renew();
  session.toggle();
  seeAll(session);
  session.confirm();

  session.undo();

  expect(undone).toEqual(["key-1", "key-2", "key-3"]);
  expect(ids(session.page)).toEqual([1, 2, 3]);
  expect([...session.getState().marks]).toEqual([[1, "wrong"]]);
});

test("undo goes back to the class of the page that it takes back", async () => {
  const { session } = make([entries(1, 3), [], entries(11, 3)]);
  await session.renew();
  seeAll(session);
  session.confirm();
  session.setClass(DOG);
  await session.renew();

  session.undo();

  expect(session.getState().classId).toBe(CAT);
  expect(ids(session.getState().entries)).toEqual([1, 2, 3]);
});

test("what is answered is not shown again while the server still counts it as held", async () => {
  const { session, asked } = make([entries(1, 6), entries(1, 9)]);
  await session.renew();
  seeAll(session);
  session.confirm();
  await session.renew();

  expect(asked[1]).toEqual([CAT, 9]);
  expect(ids(session.getState().entries)).toEqual([4, 5, 6, 7, 8, 9]);
});

test("a claim of the class before changes nothing", async () => {
  const { session } = make([entries(1, 3), entries(11, 2)]);
  const first = session.renew();
  session.setClass(DOG);
  await first;

  expect(ids(session.getState().entries)).toEqual([11, 12]);
});

test("without the server the page in hand can still be confirmed", async () => {
  const { session, sent } = make([entries(1, 3), new Error("offline")]);
  await session.renew();
  await session.renew();
  seeAll(session);

  session.confirm();

  expect(sent).toHaveLength(3);
  expect(session.getState().trouble).not.toBeNull();
});

test("items whose lease ran out leave the page", async () => {
  const { session, clock } = make([entries(1, 3), entries(2, 1)]);
  await session.renew();
  clock.now = 61_000;
  await session.renew();

  expect(ids(session.page)).toEqual([2]);
});

test("the cursor stays on the page", async () => {
  const { session } = make([entries(1, 6)]);
  await session.renew();
  session.move(-4);
  expect(session.getState().cursor).toBe(0);
  session.move(40);
  expect(session.getState().cursor).toBe(2);
  session.setSize(1);
  expect(session.getState().cursor).toBe(0);
});

test("what was not seen is not confirmed, stays with its marks, and the next come after it", async () => {
  const { session, sent } = make([entries(1, 6), []]);
  await session.renew();
  session.move(1);
  session.toggle();

  session.confirm();
  expect(sent).toEqual([]);

  session.see([1, 3, 5]); // 5 is on the next page
  session.confirm();

  expect(sent.map((one) => one.entry_id)).toEqual([1, 3]);
  expect(ids(session.page)).toEqual([2, 4, 5]);
  expect([...session.getState().marks]).toEqual([[2, "wrong"]]);

  session.undo();
  expect(ids(session.page)).toEqual([1, 3, 2]);
});
