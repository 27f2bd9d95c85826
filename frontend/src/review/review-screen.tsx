import { Badge, Group, Text, VisuallyHidden } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { memo, useMemo, useState } from "react";

import type { Entry, Project } from "@/api/types";
import { ActionButton } from "@/keys/action-button";
import { useMyKeys } from "@/keys/my-keys";
import type { Action } from "@/keys/registry";
import { useActions } from "@/keys/use-actions";
import { progressQuery } from "@/labeling/api";
import { ItemExtras } from "@/labeling/item-extras";
import { ItemView } from "@/labeling/item-view";
import { lookActions, searchAction, StageControl } from "@/labeling/stage-control";
import { reviewActions } from "@/review/actions";
import { useExplanations } from "@/review/explanations";
import { GuessBars } from "@/review/guess-bars";
import { LabelBar } from "@/review/label-bar";
import { queueQuery } from "@/review/api";
import { openCount } from "@/review/open-count";
import { OutboxPanel } from "@/review/outbox-panel";
import { usePreloadedImages } from "@/review/preload";
import { ProjectHeading } from "@/review/project-heading";
import { QueueEmpty } from "@/review/queue-empty";
import { t } from "@/language/translate";
import { beforeAModel, reasonShown } from "@/review/reasons";
import styles from "@/review/review.module.css";
import { ReviewTrail } from "@/review/review-trail";
import { type ReviewSession, type SessionState } from "@/review/session";
import { useClassSearch } from "@/review/use-class-search";
import { useFlagging } from "@/review/use-flagging";
import { ColourSchemeToggle } from "@/ui/colour-scheme";
import { percent } from "@/ui/format";
import { ButtonLink } from "@/ui/link";
import { lazily, useChunkSoon } from "@/ui/lazily";
import { Loading } from "@/ui/states";

const help = lazily(async () => (await import("@/keys/help")).KeyHelp);
const guide = lazily(async () => (await import("@/review/guide-dialog")).GuideDialog);
const itemHelp = lazily(async () => (await import("@/review/item-help")).ItemHelp);

type Dialog = { kind: "help" } | { kind: "guide" };

/** The whole reviewing screen: one item, its classes, and the keys. */
export function ReviewScreen({ project, session, state }: { project: Project; session: ReviewSession; state: SessionState }) {
  const [dialog, setDialog] = useState<Dialog>();
  const close = () => setDialog(undefined);
  const entry = state.entries[0];
  const search = useClassSearch({
    classes: project.classes,
    hasItem: () => session.current !== undefined,
    suggestion: entry?.suggestion ?? null,
    onChoose: (classId) => session.label(classId),
  });
  const { open: openSearch } = search;
  usePreloadedImages(state.entries);
  const explanation = useExplanations(project.id, state.entries).get(entry?.item.id ?? 0);
  help.useSoon();
  guide.useSoon();
  itemHelp.useSoon();
  useChunkSoon(() => import("@/review/grid/grid-page"));
  const flagging = useFlagging(session);
  const { open: openFlag } = flagging;

  const progress = useQuery({ ...progressQuery(project.id), staleTime: 60_000 });
  const queue = useQuery({ ...queueQuery(project.id), refetchInterval: 15_000 });
  const hasModel = Boolean(progress.data?.publication);
  const { classes } = project;
  // As long as any entry in hand has a guess there is room for it: what is blind in between moves nothing.
  const hasGuesses = state.entries.some((one) => one.suggestion);
  const control = useMemo(() => new StageControl(), []);
  const ownActions = useMemo(
    () => [
      ...reviewActions(classes, {
        hasItem: () => session.current !== undefined,
        hasSuggestion: () => Boolean(session.current?.suggestion),
        canUndo: () => session.getState().history.length > 0,
        label: (classId) => session.label(classId),
        accept: () => session.accept(),
        skip: (kind) => session.skip(kind),
        undo: () => session.undo(),
        openFlag: () => session.current && openFlag(session.current),
        openSearch: () => openSearch(),
        openGuide: () => setDialog({ kind: "guide" }),
        openHelp: () => setDialog({ kind: "help" }),
      }),
      ...(project.item_type === "image" ? lookActions(control) : []),
      ...(project.item_type === "text" || project.item_type === "table" ? [searchAction] : []),
    ],
    [classes, session, control, project.item_type, openSearch, openFlag],
  );
  const actions = useMyKeys(ownActions);
  useActions(actions, {
    // A dialog may be asked for and not be there yet: what is typed meanwhile is no answer.
    onTyped: (key) => search.onTyped(key) || flagging.onTyped(key) || (dialog !== undefined && document.querySelector('[role="dialog"]') === null),
    onUnknownKey: search.onUnknownKey,
  });

  return (
    <main className={styles.screen}>
      <VisuallyHidden component="h1">{t("Review {name}", { name: project.name })}</VisuallyHidden>
      <header className={styles.top}>
        <ProjectHeading project={project} />
        <div className={styles.tools}>
          <Text size="sm" c="dimmed" className={styles.wide} aria-live="off">
            {queue.data && t("{n} in the queue", { n: openCount(queue.data) })}
          </Text>
          <Tools project={project} actions={actions} />
        </div>
      </header>

      {entry ? (
        <>
          <div className={styles.stage}>
            <div className={styles.item}>
              <ItemView item={entry.item} control={control} weighty={explanation?.words ?? undefined} />
            </div>
            {hasGuesses && (
              <div className={styles.beside}>
                <GuessBars entry={entry} classes={classes} />
                {explanation && <itemHelp.Part project={project} explanation={explanation} />}
              </div>
            )}
          </div>
          <ItemExtras item={entry.item} />
          <EntryFacts entry={entry} project={project} hasModel={hasGuesses || hasModel} />
          <LabelBar classes={classes} actions={actions} suggestion={entry.suggestion} />
        </>
      ) : (
        <div className={styles.stage}>
          {state.status === "empty" ? (
            <QueueEmpty project={project} state={state} onRetry={() => void session.renew()} />
          ) : (
            <Loading what={t("the next items")} />
          )}
        </div>
      )}

      <footer className={styles.bottom}>
        {state.notice && (
          <Text size="sm" c="red" role="alert">
            {state.notice}
          </Text>
        )}
        <Group gap="xs">
          {["accept", "skip", "undo", "flag", "search", "guide"].map((id) => (
            <ActionButton key={id} actions={actions} id={id} />
          ))}
        </Group>
        <ReviewTrail history={state.history} classes={classes} />
      </footer>

      {dialog?.kind === "help" && <help.Part actions={actions} isOpen onClose={close} />}
      {dialog?.kind === "guide" && <guide.Part project={project} actions={actions} onClose={close} />}
      {flagging.dialog}
      {search.dialog}
    </main>
  );
}

/** Memoized, as what stays from one item to the next. */
const Tools = memo(function Tools({ project, actions }: { project: Project; actions: readonly Action[] }) {
  return (
    <>
      <OutboxPanel />
      <ButtonLink to={`/projects/${project.id}/grid`} size="compact-sm" variant="default" className={styles.wide}>
        {t("Grid")}
      </ButtonLink>
      <ActionButton actions={actions} id="help" />
      <ColourSchemeToggle />
    </>
  );
});

/** Why this item is here, and what the model thinks of it. */
function EntryFacts({ entry, project, hasModel }: { entry: Entry; project: Project; hasModel: boolean }) {
  // Before there is a model nothing is hidden, and nobody is told that it is.
  const reason = entry.is_blind && !hasModel ? beforeAModel() : reasonShown(entry.reason);
  const guess = project.classes.find((one) => one.id === entry.suggestion?.class_id);
  return (
    <div className={styles.facts}>
      <Badge color={reason.colour} variant="light" style={{ flexShrink: 0 }} title={reason.why}>
        {reason.title}
      </Badge>
      <Text size="sm" data-testid="item-key" dir="auto" truncate>
        {entry.item.key}
      </Text>
      <Text size="sm" c="dimmed" className={styles.why}>
        {entry.is_blind && hasModel
          ? t("Blind: the model's guess is hidden.")
          : guess && entry.suggestion
            ? t("The model says {name}, {share} sure.", { name: guess.name, share: percent(entry.suggestion.confidence, 0) })
            : reason.why}
      </Text>
    </div>
  );
}
