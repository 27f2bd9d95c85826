import { expect, test } from "vitest";

import type { Attempt, Certificate } from "@/api/types";
import { auditsPerClass, boundPercent, goalPercent, goalText, nextText, perClassText, shareOf, standing } from "@/certificates/attempt-state";

const attempt = (about: Partial<Attempt>) =>
  ({ number: 2, state: "auditing", n_audits: 40, n_asked: 45, n_answered: 36, stages: [40], stage: 1, n_remaining: 0, ...about }) as Attempt;
const certificate = (about: Partial<Certificate>) =>
  ({ number: 1, sentence: "At most 3 are wrong.", revoked_at: null, revoked_reason: "", ...about }) as Certificate;
const plan = "About 400 human labels for at most 1%.";

test("a goal reads as it was typed, and is sent as the share that was meant", () => {
  expect(goalPercent(0.01)).toBe("1%");
  expect(goalPercent(0.0025)).toBe("0.25%");
  expect(goalPercent(1 - 0.99)).toBe("1%");
  expect(shareOf(100 - 100 * 0.99)).toBe(0.01);
  expect(shareOf(97.5)).toBe(0.975);
});

test("a bound is rounded up, never down", () => {
  expect(boundPercent(0.42971)).toBe("42.98%");
  expect(boundPercent(0.05)).toBe("5%");
  expect(boundPercent(1)).toBe("100%");
});

test("a goal says of what, how sure, and whether each class is meant", () => {
  const goal = { promise: "machine", eps: 0.02, confidence: 0.95 } as const;
  expect(goalText(goal)).toBe("at most 2% of the machine's labels wrong, with 95% confidence");
  expect(goalText({ ...goal, per_class: true })).toContain("in each predicted class");
});

test("what happens next counts blind answers of every kind", () => {
  expect(nextText(attempt({}))).toMatch(/^9 blind answers still to come/);
  expect(nextText(attempt({ n_asked: 57, n_answered: 46 }))).toMatch(/^11 blind answers/);
  expect(nextText(attempt({ n_answered: 45 }))).toMatch(/^As many blind answers are in as were asked for/);
  expect(nextText(attempt({ state: "reviewing", n_remaining: 1 }))).toContain("the last 1 item ");
});

test("in stages it says what the next would be, and for the last that none follows", () => {
  const staged = { stages: [40, 80], stage: 1 };
  expect(nextText(attempt(staged))).toContain("40 more are asked for (stage 2 of 2)");
  expect(nextText(attempt({ ...staged, stage: 2 }))).not.toContain("more are asked for");
});

test("a promise for each class needs as many audits in each as prove something of it", () => {
  const all = auditsPerClass({ eps: 0.01, confidence: 0.95, nClasses: 1 });
  expect(all).toBe(300);
  expect(auditsPerClass({ eps: 0.01, confidence: 0.95, nClasses: 10 })).toBeGreaterThan(all);
});

test("the price of a promise for each class is a number only where there are classes and a goal", () => {
  const goal = { promise: "dataset", eps: 0.01, confidence: 0.95, nClasses: 10 } as const;
  expect(perClassText(goal)).toContain("each of the 10 classes needs about 530 audits of its own, 5,300 in all");
  for (const unready of [{ ...goal, nClasses: 0 }, { ...goal, eps: 0 }, { ...goal, confidence: 1 }]) {
    expect(perClassText(unready)).toBe("Of what the machine puts into each class; how many of a true class it misses is not promised. Costs more: each class needs audits of its own; a class with too few is left to people");
  }
});

test("a project with a valid certificate is certified, also while the next attempt is under way", () => {
  expect(standing([certificate({})], [], plan)).toEqual({ state: "Certified", text: "At most 3 are wrong." });
  expect(standing([certificate({})], [attempt({})], plan).text).toBe("At most 3 are wrong. Attempt 2 is under way: 36 of 45 blind answers given.");
});

test("a project without one says what would lead to it", () => {
  expect(standing([], [attempt({ state: "reviewing", n_remaining: 412 })], plan)).toEqual({
    state: "Being certified",
    text: "Attempt 2 is under way: 412 items left for people to label.",
  });
  expect(standing([], [attempt({ state: "abandoned" })], plan)).toEqual({ state: "Not certified", text: plan });
  expect(standing([], [], null).text).toContain("no forecast yet");
});

test("a revoked certificate is named with its reason, and certifies nothing", () => {
  const revoked = certificate({ revoked_at: "2026-11-01T00:00:00Z", revoked_reason: "The camera was changed." });
  expect(standing([revoked], [], plan)).toEqual({
    state: "Not certified",
    text: "Certificate 1 was revoked: The camera was changed. About 400 human labels for at most 1%.",
  });
});
