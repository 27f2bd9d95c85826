import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";

import type { Project } from "@/api/types";
import { claimEntries, releaseEntries } from "@/review/api";
import { useOutbox } from "@/review/outbox-context";
import { ReviewSession } from "@/review/session";
import { takeSeat } from "@/review/tabs";

/** A sitting at the project's queue; entries are claimed once this tab has the seat, and given back on leaving. */
export function useReviewSession(project: Project) {
  const outbox = useOutbox();
  const { id, lease_seconds: leaseSeconds } = project;
  const session = useMemo(
    () => new ReviewSession({ projectId: id, outbox, leaseSeconds, claim: (n) => claimEntries(id, n) }),
    [id, outbox, leaseSeconds],
  );
  const state = useSyncExternalStore(session.subscribe, session.getState);
  const seat = useSeat(`assay-review-${id}`);

  useEffect(() => {
    if (seat.isOurs !== true) return;
    let isHere = true;
    void outbox.reload().then(() => {
      if (!isHere) return;
      const unsent = [...outbox.getState().waiting].filter((one) => one.project_id === id && one.kind === "answer");
      session.recall(unsent.map(({ answer, entry }) => ({ key: answer.key, entry, kind: answer.kind, class_id: answer.class_id })));
      void session.renew();
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
      if (ids.length > 0) releaseEntries(id, ids).catch(() => undefined);
    };
  }, [seat.isOurs, session, outbox, id, leaseSeconds]);

  return { session, state, seat };
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
