import { createContext, useContext, useEffect, useMemo, useSyncExternalStore, type ReactNode } from "react";

import { sendAnswers, undoAnswer, undoAnswers } from "@/review/api";
import { localJournal } from "@/review/journal";
import { Outbox, type OutboxState } from "@/review/outbox";
import { indexedDbStore } from "@/review/outbox-store";
import { outboxNews, sendingLock } from "@/review/tabs";
import { nextPaint } from "@/ui/next-paint";

const OutboxContext = createContext<Outbox | null>(null);
const store = indexedDbStore();

/** Sends what `person` answered, on whatever page they are, as long as they are signed in. */
export function OutboxProvider({ person, children }: { person: string; children: ReactNode }) {
  const { outbox, news } = useMemo(() => {
    const news = outboxNews(() => void outbox.reload());
    const outbox: Outbox = new Outbox({
      person,
      store,
      journal: localJournal(window.localStorage),
      wire: { sendAnswers, undoAnswer, undoAnswers },
      lock: sendingLock,
      announce: news.announce,
      painted: nextPaint,
    });
    return { outbox, news };
  }, [person]);

  useEffect(() => {
    void outbox.open();
    const onBack = () => {
      if (document.visibilityState === "visible") outbox.flush();
    };
    window.addEventListener("online", outbox.flush);
    document.addEventListener("visibilitychange", onBack);
    return () => {
      window.removeEventListener("online", outbox.flush);
      document.removeEventListener("visibilitychange", onBack);
      outbox.close();
      news.close();
    };
  }, [outbox, news]);

  return <OutboxContext value={outbox}>{children}</OutboxContext>;
}

export function useOutbox(): Outbox {
  const outbox = useContext(OutboxContext);
  if (outbox === null) throw new Error("useOutbox is used outside OutboxProvider");
  return outbox;
}

export function useOutboxState(): OutboxState {
  const outbox = useOutbox();
  return useSyncExternalStore(outbox.subscribe, outbox.getState);
}
