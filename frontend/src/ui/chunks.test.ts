import { expect, test } from "vitest";

import { persistently, waitingChunks } from "@/ui/chunks";

/** Fails as often as it is told to, then gives "code". */
function failing(nFailures: number) {
  let nAsked = 0;
  return {
    load: () => {
      nAsked += 1;
      return nAsked <= nFailures ? Promise.reject(new TypeError("Failed to fetch dynamically imported module")) : Promise.resolve("code");
    },
    nAsked: () => nAsked,
  };
}

test("a chunk that fails while the server is away is asked for until it is there", async () => {
  const { load, nAsked } = failing(7);
  const waiting: number[] = [];
  const waits: number[] = [];

  const got = await persistently(load, {
    isServerThere: () => Promise.resolve(false),
    pause: (ms) => {
      waiting.push(waitingChunks.get());
      waits.push(ms);
      return Promise.resolve();
    },
  });

  expect(got).toBe("code");
  expect(nAsked()).toBe(8);
  expect(new Set(waiting)).toEqual(new Set([1]));
  expect(waits.every((ms, i) => i === 0 || ms >= (waits[i - 1] ?? 0))).toBe(true);
  expect(waitingChunks.get()).toBe(0);
});

test("a chunk that a server which answers does not have is given up", async () => {
  const { load, nAsked } = failing(Infinity);

  await expect(persistently(load, { isServerThere: () => Promise.resolve(true), pause: () => Promise.reject(new Error("never")) })).rejects.toThrow("Failed to fetch");

  expect(nAsked()).toBe(2);
  expect(waitingChunks.get()).toBe(0);
});

test("a server that came back in between is no reason to give up", async () => {
  const { load } = failing(3);
  const there = [false, true, false, true];

  expect(await persistently(load, { isServerThere: () => Promise.resolve(there.shift() ?? true), pause: () => Promise.resolve() })).toBe("code");
});
