import { useCallback, useEffect, useMemo, useSyncExternalStore } from "react";

import type { MyAnswer, Project, Seen } from "@/api/types";
import { claimEntries, readMyAnswers, undoAnswer } from "@/review/api";
import type { Outbox } from "@/review/outbox";
import { useOutbox } from "@/review/outbox-context";
import { ReviewSession, type Done } from "@/review/session";
import { useSitting } from "@/review/use-sitting";

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
  const onBegun = useCallback(
    (isHere: () => boolean) => {
      session.recall(unsentAnswers(outbox, id));
      void storedAnswers(id).then((stored) => {
        if (isHere()) session.recall(stored);
      });
    },
    [session, outbox, id],
  );
  const seat = useSitting({ name: `assay-review-${id}`, projectId: id, leaseSeconds, outbox, session, onBegun });

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
