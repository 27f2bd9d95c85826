import { expect, test } from "vitest";

import { ApiError } from "@/api/client";
import type { Disagreement, Dispute, NewVerdict } from "@/api/types";
import { AdjudicationSession } from "@/review/adjudication/adjudication-session";
import { canKeep, fromDisagreement, fromDispute, fromUndone, statementsOf, type Case } from "@/review/adjudication/cases";

const CAT = 7;
const DOG = 8;

const dispute = (id: number, more: Partial<Dispute> = {}): Dispute => ({
  id,
  is_disputed: true,
  is_blind: false,
  item: { id: 100 + id, key: `item-${id}`, split: "pool", text: "", features: null, extras: null, image: null, label: null },
  answers: [],
  flags: [],
  suggestion: null,
  ...more,
});
const disagreement = (labelId: number): Disagreement => ({
  item: {
    ...dispute(1).item,
    label: {
      id: labelId,
      class_id: CAT,
      is_human: true,
      source: { id: 1, kind: "person", name: "ada" },
      confidence: null,
      threshold: null,
      created_at: "2026-01-02T00:00:00Z",
    },
  },
  model: { class_id: DOG, confidence: 0.97, basis: "held_out" },
});

/** A server that answers as told; each verdict and undo waits for `release` where `isHeld`. */
function make(pages: Case[][], answers: { send?: (ApiError | null)[]; undo?: (Case | null | ApiError)[] } = {}) {
  const sent: NewVerdict[] = [];
  const undone: string[] = [];
  const session = new AdjudicationSession({
    read: async (cursor) => {
      const at = Number(cursor ?? 0);
      return { results: pages[at] ?? [], next: at + 1 < pages.length ? String(at + 1) : null };
    },
    send: async (verdict) => {
      sent.push(verdict);
      const problem = answers.send?.shift();
      if (problem) throw problem;
    },
    undo: async (key) => {
      undone.push(key);
      const reply = answers.undo?.shift() ?? null;
      if (reply instanceof ApiError) throw reply;
      return reply;
    },
    newKey: () => `key-${sent.length + undone.length}`,
  });
  return { session, sent, undone, ids: () => session.getState().cases.map((one) => one.id) };
}

test("a verdict shows the next case at once, and is sent", async () => {
  const { session, sent, ids } = make([[fromDispute(dispute(1)), fromDispute(dispute(2))]]);
  await session.renew();

  session.decide(DOG);

  expect(ids()).toEqual(["entry-2"]);
  await session.settled();
  expect(sent).toEqual([{ key: "key-0", entry_id: 1, class_id: DOG }]);
});

test("a dispute cannot be kept, a flag and a contradicted label can", async () => {
  const { session, sent, ids } = make([[fromDispute(dispute(1))]]);
  await session.renew();

  session.decide(null);

  expect(ids()).toEqual(["entry-1"]);
  expect(sent).toEqual([]);
  expect(canKeep(fromDispute(dispute(1)))).toBe(false);
  expect(canKeep(fromDispute(dispute(1, { is_disputed: false })))).toBe(true);
  expect(canKeep(fromDisagreement(disagreement(5)))).toBe(true);
});

test("what a server that failed did not store is asked again, with the reason", async () => {
  const { session, ids } = make([[fromDispute(dispute(1)), fromDispute(dispute(2))]], { send: [new ApiError(503, "down", "Down.")] });
  await session.renew();
  session.decide(DOG);
  await session.settled();

  expect(ids()).toEqual(["entry-1", "entry-2"]);
  expect(session.getState().notice).toBe("item-1: Down.");
  expect(session.getState().history).toEqual([]);
});

test("what somebody else has decided is said, and does not come back", async () => {
  const { session, ids } = make([[fromDispute(dispute(1)), fromDispute(dispute(2))]], { send: [new ApiError(409, "decided_since", "Decided.")] });
  await session.renew();
  session.decide(DOG);
  await session.settled();

  expect(ids()).toEqual(["entry-2"]);
  expect(session.getState().notice).toBe("item-1: Decided.");
  expect(session.getState().history).toEqual([]);
});

test("undo walks back through the verdicts, and the label that came back is the one decided next", async () => {
  const { session, sent, undone, ids } = make([[fromDisagreement(disagreement(5)), fromDispute(dispute(2))]], {
    undo: [fromDispute(dispute(2)), fromDisagreement(disagreement(6))],
  });
  await session.renew();
  session.decide(DOG);
  session.decide(CAT);
  session.undo();
  expect(ids()).toEqual(["entry-2"]);
  session.undo();
  expect(ids()).toEqual(["label-5-8", "entry-2"]);

  session.decide(null); // before the server has answered
  await session.settled();

  expect(undone).toHaveLength(2);
  expect(sent.at(-1)).toMatchObject({ label_id: 6, model_class_id: DOG, class_id: null });
});

test("an undo that the server refuses takes the case away again and says why", async () => {
  const { session, ids } = make([[fromDispute(dispute(1))]], { undo: [new ApiError(409, "relabeled_since", "Labeled since.")] });
  await session.renew();
  session.decide(DOG);
  session.undo();
  expect(ids()).toEqual(["entry-1"]);
  await session.settled();

  expect(ids()).toEqual([]);
  expect(session.getState()).toMatchObject({ notice: "Labeled since.", status: "empty" });
});

test("verdicts of an earlier page are undone too", async () => {
  const { session, ids } = make([[]], { undo: [fromDispute(dispute(9))] });
  await session.renew();
  session.recall([{ key: "old", case: null, classId: CAT }]);
  session.undo();
  await session.settled();

  expect(ids()).toEqual(["entry-9"]);
});

test("pages are read ahead, no case is shown twice, and later puts one behind the others", async () => {
  const pages = [
    [1, 2].map((id) => fromDispute(dispute(id))),
    [2, 3].map((id) => fromDispute(dispute(id))),
  ];
  const { session, ids } = make(pages);
  await session.renew();
  await session.topUp();
  expect(ids()).toEqual(["entry-1", "entry-2", "entry-3"]);

  session.later();

  expect(ids()).toEqual(["entry-2", "entry-3", "entry-1"]);
  await session.renew(); // a verdict that is on its way is not asked again
  session.decide(CAT);
  await session.renew();
  expect(ids()).toEqual(["entry-3", "entry-1"]);
});

test("statements are in order, and the model's word comes last", () => {
  const flagged = dispute(1, {
    is_disputed: false,
    answers: [{ person: "ben", class_id: DOG, note: "", created_at: "2026-01-03T00:00:00Z" }],
    flags: [{ id: 1, person: "cy", note: "blurred", created_at: "2026-01-01T00:00:00Z" }],
    suggestion: { class_id: DOG, confidence: 0.8, others: [] },
    item: disagreement(5).item,
  });

  const said = statementsOf(fromDispute(flagged), { model: "the model" });

  expect(said.map((one) => one.who)).toEqual(["cy", "ada", "ben", "the model"]);
  expect(said.map((one) => one.stands)).toEqual([false, true, false, false]);
});

test("what an undo gives back is the case that waits again", () => {
  expect(fromUndone({ dispute: dispute(3), disagreement: null })?.id).toBe("entry-3");
  expect(fromUndone({ dispute: null, disagreement: disagreement(5) })?.id).toBe("label-5-8");
  expect(fromUndone({ dispute: null, disagreement: null })).toBeNull();
});
