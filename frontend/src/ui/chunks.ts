/**
 * The page's code comes in chunks. One that cannot be fetched, because the network or the server is away, is asked
 * for again until it is there; whoever waits for it is told (ui/chunk-notice.tsx). Only a chunk that a server
 * which answers does not have is given up: it belongs to a build that is gone, and the page must be loaded anew.
 */

const WAITS_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000];

let nWaiting = 0;
const listeners = new Set<() => void>();

/** How many chunks somebody waits for while the server is away: for useSyncExternalStore. */
export const waitingChunks = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  get: (): number => nWaiting,
};

function count(by: number): void {
  nWaiting += by;
  listeners.forEach((listener) => listener());
}

interface Ways {
  /** Whether anything at all answers at the server's address. */
  isServerThere?: () => Promise<boolean>;
  pause?: (ms: number) => Promise<void>;
}

/** What `load` gives, as soon as it can be fetched. Rejects where the server answers and has no such chunk. */
export async function persistently<T>(load: () => Promise<T>, { isServerThere = answers, pause = pauseOrOnline }: Ways = {}): Promise<T> {
  let isCounted = false;
  try {
    for (let nTries = 0; ; nTries += 1) {
      try {
        return await load();
      } catch (error) {
        // Asked after the failure: a server that is there now may have been away then, so it is tried once more.
        if (await isServerThere()) {
          try {
            return await load();
          } catch {
            if (await isServerThere()) throw error;
          }
        }
      }
      if (!isCounted) count(1);
      isCounted = true;
      await pause(WAITS_MS[Math.min(nTries, WAITS_MS.length - 1)] ?? 0);
    }
  } finally {
    if (isCounted) count(-1);
  }
}

async function answers(): Promise<boolean> {
  try {
    await fetch("/health", { method: "HEAD", cache: "no-store" });
    return true;
  } catch {
    return false;
  }
}

/** Until the time is over or the browser says that there is a network again. */
function pauseOrOnline(ms: number): Promise<void> {
  return new Promise((resolve) => {
    function end(): void {
      clearTimeout(timer);
      window.removeEventListener("online", end);
      resolve();
    }
    const timer = setTimeout(end, ms);
    window.addEventListener("online", end);
  });
}
