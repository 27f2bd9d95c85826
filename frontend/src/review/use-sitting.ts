import { useCallback, useEffect, useState } from "react";

import { releaseEntries } from "@/review/api";
import type { Outbox } from "@/review/outbox";
import { takeSeat } from "@/review/tabs";

interface Sitting {
  name: string; // of the seat: one tab of a person has it
  projectId: number;
  leaseSeconds: number;
  outbox: Outbox;
  session: { renew: () => Promise<unknown>; letGo: () => number[] };
  /** Once the answers that this browser still holds are known; `isHere` turns false on leaving. */
  onBegun?: (isHere: () => boolean) => void;
}

/** Once this tab has the seat: entries are claimed and held, and given back on leaving. */
export function useSitting({ name, projectId, leaseSeconds, outbox, session, onBegun }: Sitting) {
  const seat = useSeat(name);
  useEffect(() => {
    if (seat.isOurs !== true) return;
    let isHere = true;
    void outbox.reload().then(() => {
      if (!isHere) return;
      void session.renew();
      onBegun?.(() => isHere);
    });
    const onBack = () => {
      if (document.visibilityState === "visible") void session.renew();
    };
    const timer = setInterval(onBack, Math.max(5, leaseSeconds / 3) * 1000);
    document.addEventListener("visibilitychange", onBack);
    window.addEventListener("online", onBack);
    return () => {
      isHere = false;
      clearInterval(timer);
      document.removeEventListener("visibilitychange", onBack);
      window.removeEventListener("online", onBack);
      const ids = session.letGo();
      // Best effort: what is not given back here returns by itself when the lease runs out.
      if (ids.length > 0) releaseEntries(projectId, ids).catch(() => undefined);
    };
  }, [seat.isOurs, session, outbox, projectId, leaseSeconds, onBegun]);
  return seat;
}

function useSeat(name: string) {
  const [isOurs, setIsOurs] = useState<boolean>();
  const [n_tries, setTries] = useState(0);
  useEffect(() => {
    const seat = takeSeat(name, setIsOurs, { steal: n_tries > 0 });
    return seat.leave;
  }, [name, n_tries]);
  const takeOver = useCallback(() => setTries((n) => n + 1), []);
  return { isOurs, takeOver };
}
