/** What several tabs of one browser share: who sends, who reviews, and news of changes. */

import type { Lock } from "@/review/outbox";

const hasLocks = () => typeof navigator !== "undefined" && "locks" in navigator;

/**
 * One tab at a time sends the outbox. Where the browser has no locks (plain HTTP on another host), two
 * tabs may send the same answer, which the server takes as one by its key.
 */
export const sendingLock: Lock = async (work) => {
  if (!hasLocks()) return work();
  await navigator.locks.request("assay-outbox", work);
};

/** Tells the other tabs that the outbox changed, and hears it from them. */
export function outboxNews(onNews: () => void): { announce: () => void; close: () => void } {
  if (typeof BroadcastChannel === "undefined") return { announce: () => undefined, close: () => undefined };
  const channel = new BroadcastChannel("assay-outbox");
  channel.onmessage = onNews;
  return { announce: () => channel.postMessage("changed"), close: () => channel.close() };
}

export interface Seat {
  leave: () => void;
}

/**
 * Takes the one reviewing seat of a project in this browser: leases are per person, so two tabs would
 * show the same items. `onChange(false)` says that another tab has it (or took it over).
 */
export function takeSeat(name: string, onChange: (isOurs: boolean) => void, options: { steal: boolean }): Seat {
  if (!hasLocks()) {
    onChange(true);
    return { leave: () => undefined };
  }
  let leave: () => void = () => undefined;
  const left = new Promise<void>((resolve) => (leave = resolve));
  let isWatching = true;
  const say = (isOurs: boolean) => {
    if (isWatching) onChange(isOurs);
  };
  navigator.locks
    .request(name, options.steal ? { steal: true } : { ifAvailable: true }, (lock) => {
      say(lock !== null);
      return lock === null ? undefined : left;
    })
    .catch(() => say(false)); // stolen by another tab
  return {
    leave: () => {
      isWatching = false;
      leave();
    },
  };
}
