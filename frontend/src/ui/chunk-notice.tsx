import { Alert } from "@mantine/core";
import { useSyncExternalStore } from "react";

import { t } from "@/language/translate";
import { waitingChunks } from "@/ui/chunks";

/** Beside every page: what was opened and cannot be fetched yet. The page in hand stays as it is meanwhile. */
export function ChunkNotice() {
  if (useSyncExternalStore(waitingChunks.subscribe, waitingChunks.get) === 0) return null;
  return (
    <Alert
      role="status"
      color="orange"
      variant="filled"
      py="xs"
      autoContrast
      style={{ position: "fixed", insetBlockEnd: "4rem", insetInline: 0, marginInline: "auto", width: "fit-content", maxWidth: "92vw", zIndex: 400 }}
    >
      {t("The server cannot be reached. What you opened comes as soon as it can.")}
    </Alert>
  );
}
