import { Box, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";

import { LANGUAGE } from "@/language/languages";
import { said } from "@/ui/server-says";
import { t } from "@/language/translate";
import { readLog } from "@/training/api";
import styles from "@/training/run-log.module.css";

/** The run's log as it is written; scrolls along unless one has scrolled up to read. */
export function RunLog({ runId, isOpen }: { runId: number; isOpen: boolean }) {
  const log = useQuery({
    queryKey: ["runs", runId, "log", isOpen ? "live" : "whole"],
    queryFn: () => readLog(runId),
    refetchInterval: isOpen ? 1500 : false,
  });
  const frame = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const lines = log.data ?? [];

  useEffect(() => {
    if (frame.current && isAtEnd.current) frame.current.scrollTop = frame.current.scrollHeight;
  }, [lines.length]);

  return (
    <Box
      ref={frame}
      className={styles.log}
      tabIndex={0}
      role="log"
      aria-label={t("Log of the run")}
      onScroll={(event) => {
        const box = event.currentTarget;
        isAtEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < 24;
      }}
    >
      {lines.length === 0 && (
        <Text size="sm" c="dimmed">
          {isOpen ? t("The first lines come as soon as the items are read.") : t("Nothing was logged.")}
        </Text>
      )}
      {lines.map((line) => (
        <div key={line.id} className={styles[line.level]}>
          <span className={styles.time}>{new Date(line.at).toLocaleTimeString(LANGUAGE)}</span> {said(line.message)}
        </div>
      ))}
    </Box>
  );
}
