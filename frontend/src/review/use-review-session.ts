import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";

import type { MyAnswer, Project, Seen } from "@/api/types";
import { claimEntries, readMyAnswers, releaseEntries, undoAnswer } from "@/review/api";
import type { Outbox } from "@/review/outbox";
import { useOutbox } from "@/review/outbox-context";
import { ReviewSession, type Done } from "@/review/session";
import { takeSeat } from "@/review/tabs";

/** Answers of earlier pages that undo can reach. */
const N_RECALLED = 50;

/** A sitting at the project's queue; entries are claimed once this tab has the seat, and given back on leaving. */
export function useReviewSession(project: Project) {
  const outbox = useOutbox();
  const { id, lease_seconds: leaseSeconds } = project;
  const session = useMemo(
    () => new ReviewSession({ projectId: id, outbox, leaseSeconds, claim: (n) => claimEntries(id, n), undoStored: undoAnswer }),
    [id, outbox, leaseSeconds],
  );
  const state = useSyncExternalStore(session.subscribe, session.getState);
  const seat = useSeat(`assay-review-${id}`);

  useEffect(() => {
    if (seat.isOurs !== true) return;
    let isHere = true;
    void outbox.reload().then(async () => {
      if (!isHere) return;
      void session.renew();
      session.recall(unsentAnswers(outbox, id));
      const stored = await storedAnswers(id);
      if (isHere) session.recall(stored);
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

  // Nothing in hand: look again, soon while the queue is being filled, now and then where it is empty.
  useEffect(() => {
    if (seat.isOurs !== true || state.entries.length > 0) return;
    const timer = setInterval(() => void session.renew(), state.status === "loading" ? 1_000 : 10_000);
    return () => clearInterval(timer);
  }, [seat.isOurs, session, state.entries.length, state.status]);

  return { session, state, seat };
}

function unsentAnswers(outbox: Outbox, projectId: number): Done[] {
  const mine = outbox.getState().waiting.filter((one) => one.project_id === projectId && one.kind === "answer" && !one.entry.in_grid);
  return mine.map(({ answer, entry }) => ({ key: answer.key, entry, kind: answer.kind, class_id: answer.class_id }));
}

/** What undo can reach after a reload; without the server there is nothing stored to undo. */
async function storedAnswers(projectId: number): Promise<Done[]> {
  const { results } = await readMyAnswers(projectId, N_RECALLED).catch(() => ({ results: [] as MyAnswer[] }));
  return results
    .filter((one) => one.withdrawn_at === null && one.entry_id !== null && !seenOf(one).in_grid)
    .map(({ key, kind, class_id }) => ({ key, entry: null, kind, class_id: class_id ?? undefined }))
    .reverse();
}

const seenOf = (answer: MyAnswer) => answer.seen as Seen;

export function useSeat(name: string) {
  const [isOurs, setIsOurs] = useState<boolean>();
  const [n_tries, setTries] = useState(0);
  useEffect(() => {
    const seat = takeSeat(name, setIsOurs, { steal: n_tries > 0 });
    return seat.leave;
  }, [name, n_tries]);
  const takeOver = useCallback(() => setTries((n) => n + 1), []);
  return { isOurs, takeOver };
}
