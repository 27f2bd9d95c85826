/** Parts of a page that come after its first paint. */

import { Button, Paper, Text } from "@mantine/core";
import { useEffect, useState, type ComponentType } from "react";

import { t } from "@/language/translate";
import { persistently } from "@/ui/chunks";

// After the first items, which come before anything else, and before anybody can have gone offline for long.
const AFTER_MS = 1_500;

interface Later<Props> {
  /** Draws the part as soon as its code is there, at once where it is there already. */
  Part: ComponentType<Props>;
  /** Fetched soon after the page is there, so that it opens without a network too. */
  useSoon: () => void;
}

/**
 * A part that cannot be fetched yet says so, where it can be closed, and opens by itself when it is there.
 * `Meanwhile` is drawn in its place until then.
 */
export function lazily<Props extends object>(load: () => Promise<ComponentType<Props>>, Meanwhile?: ComponentType<Props>): Later<Props> {
  let Loaded: ComponentType<Props> | undefined;
  let loading: Promise<void> | undefined;

  function fetchIt(): Promise<void> {
    loading ??= persistently(load).then(
      (part) => {
        Loaded = part;
      },
      (error: unknown) => {
        loading = undefined; // asked for anew the next time that somebody opens it
        throw error;
      },
    );
    return loading;
  }

  function Part(props: Props) {
    const [state, setState] = useState<"coming" | "late" | "gone" | "there">(Loaded ? "there" : "coming");
    useEffect(() => {
      if (Loaded) return;
      let isShown = true;
      const late = setTimeout(() => setState("late"), 1_000);
      fetchIt()
        .then(() => "there" as const, () => "gone" as const)
        .then((now) => {
          clearTimeout(late);
          if (isShown) setState(now);
        });
      return () => {
        isShown = false;
        clearTimeout(late);
      };
    }, []);
    if (Loaded) return <Loaded {...props} />;
    const onClose = "onClose" in props && typeof props.onClose === "function" ? (props.onClose as () => void) : undefined;
    if (Meanwhile) return <Meanwhile {...props} />;
    return onClose && state !== "coming" ? <NotYet isGone={state === "gone"} onClose={onClose} /> : null;
  }

  function useSoon() {
    useEffect(() => {
      const timer = setTimeout(() => void fetchIt().catch(() => undefined), AFTER_MS);
      return () => clearTimeout(timer);
    }, []);
  }

  return { Part, useSoon };
}

/** A page that is likely to be opened next, fetched soon after this one is there. */
export function useChunkSoon(load: () => Promise<unknown>): void {
  useEffect(() => {
    const timer = setTimeout(() => void persistently(load).catch(() => undefined), AFTER_MS);
    return () => clearTimeout(timer);
    // `load` is an import, whatever its identity.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);
}

function NotYet({ isGone, onClose }: { isGone: boolean; onClose: () => void }) {
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent) {
      if (event.key === "Escape") onClose();
    }
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [onClose]);
  return (
    <Paper
      role="dialog"
      aria-label={t("Not loaded yet")}
      withBorder
      shadow="md"
      p="md"
      maw="min(26rem, 92vw)"
      style={{ position: "fixed", insetBlockStart: "20dvh", insetInline: 0, marginInline: "auto", zIndex: 300 }}
    >
      <Text size="sm" mb="sm">
        {isGone ? t("Assay was upgraded meanwhile. Load the page again; answers that you gave are kept in this browser.") : t("This part could not be loaded yet. It opens by itself as soon as the server can be reached; you can go on without it.")}
      </Text>
      {isGone && (
        <Button size="xs" me="xs" onClick={() => window.location.reload()}>
          {t("Reload")}
        </Button>
      )}
      <Button size="xs" variant="default" onClick={onClose}>
        {t("Close")}
      </Button>
    </Paper>
  );
}
