import { Alert, Button, Group, Kbd, Modal, NativeSelect, Text, VisuallyHidden } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState } from "react";

import type { Entry, Project } from "@/api/types";
import { ActionButton } from "@/keys/action-button";
import { KeyHelp } from "@/keys/help";
import { useMyKeys } from "@/keys/my-keys";
import { keyLabel } from "@/keys/registry";
import { useActions } from "@/keys/use-actions";
import { progressQuery } from "@/labeling/api";
import { ItemView } from "@/labeling/item-view";
import { NoItems } from "@/labeling/no-items";
import { rich } from "@/language/rich";
import { plural, t } from "@/language/translate";
import { gridActions } from "@/review/grid/grid-actions";
import { PAGE_SIZES, type GridSession, type GridState } from "@/review/grid/grid-session";
import { GridTile, tileId } from "@/review/grid/grid-tile";
import styles from "@/review/grid/grid.module.css";
import { useSeen } from "@/review/grid/use-seen";
import { OutboxPanel } from "@/review/outbox-panel";
import { ProjectHeading } from "@/review/project-heading";
import { useClassSearch } from "@/review/use-class-search";
import { ColourSchemeToggle } from "@/ui/colour-scheme";
import { count } from "@/ui/format";
import { useChunkSoon } from "@/ui/lazily";
import { ButtonLink } from "@/ui/link";
import { Empty, Loading } from "@/ui/states";

type Dialog = { kind: "help" } | { kind: "item"; entry: Entry };

interface Props {
  project: Project;
  session: GridSession;
  state: GridState;
  onClass: (classId: number) => void;
  onSize: (size: number) => void;
}

const TILES = "grid-tiles";

/** Tiles in one row, as laid out now. */
function columns(): number {
  const tiles = document.getElementById(TILES);
  return tiles ? getComputedStyle(tiles).gridTemplateColumns.split(" ").length : 1;
}

/** Many items of one predicted class at once: mark what is wrong, confirm the rest. */
export function GridScreen({ project, session, state, onClass, onSize }: Props) {
  const [dialog, setDialog] = useState<Dialog>();
  const close = () => setDialog(undefined);
  const { classes } = project;
  const page = state.entries.slice(0, state.size);
  const current = page[state.cursor];
  const search = useClassSearch({
    classes: project.classes,
    hasItem: () => session.underCursor !== undefined,
    suggestion: current?.suggestion ?? null,
    onChoose: (classId) => session.label(classId),
  });
  const { open: openSearch } = search;
  useChunkSoon(() => import("@/review/review-page"));
  const guess = classes.find((one) => one.id === state.classId);
  const name = guess?.name ?? t("of this class");
  const seen = page.filter((one) => state.seen.has(one.id));
  const n_unseen = page.length - seen.length;
  const n_marked = seen.filter((one) => state.marks.has(one.id)).length;
  const watch = useSeen((entryIds) => session.see(entryIds));

  const ownActions = useMemo(
    () =>
      gridActions(classes, {
        hasItem: () => session.underCursor !== undefined,
        canUndo: () => session.getState().history.length > 0,
        columns,
        isRightToLeft: () => document.documentElement.dir === "rtl",
        move: (by) => session.move(by),
        toggle: () => session.toggle(),
        label: (classId) => session.label(classId),
        confirm: () => session.confirm(),
        undo: () => session.undo(),
        openSearch: () => openSearch(),
        openItem: () => session.underCursor && setDialog({ kind: "item", entry: session.underCursor }),
        openHelp: () => setDialog({ kind: "help" }),
      }),
    [classes, session, openSearch],
  );
  const actions = useMyKeys(ownActions);
  const confirmKey = actions.find((one) => one.id === "confirm")?.keys[0];
  const toggleKey = actions.find((one) => one.id === "toggle")?.keys[0];
  useActions(actions, {
    onTyped: search.onTyped,
    onUnknownKey: search.onUnknownKey,
  });

  const currentId = current && tileId(current);
  useEffect(() => {
    if (currentId !== undefined) document.getElementById(currentId)?.scrollIntoView({ block: "nearest" });
  }, [currentId]);
  // The keys are the page's; the focus says which tile they act on to those who hear it.
  const hasPage = page.length > 0;
  useEffect(() => {
    if (hasPage) document.getElementById(TILES)?.focus({ preventScroll: true });
  }, [hasPage]);

  const press = useCallback(
    (place: number) => {
      session.moveTo(place);
      session.toggle();
    },
    [session],
  );

  return (
    <main className={styles.screen}>
      <VisuallyHidden component="h1">{t("Grid of {name}", { name: project.name })}</VisuallyHidden>
      <header className={styles.bar}>
        <ProjectHeading project={project} />
        <Group gap="xs" wrap="nowrap">
          <OutboxPanel />
          <ActionButton actions={actions} id="help" />
          <ButtonLink to={`/projects/${project.id}/review`} size="compact-sm" variant="default">
            {t("One by one")}
          </ButtonLink>
          <ColourSchemeToggle />
        </Group>
      </header>

      <div className={styles.bar}>
        <Group gap="sm" wrap="wrap">
          <NativeSelect
            size="xs"
            label={t("The model says")}
            data={classes.map((one) => ({ value: String(one.id), label: one.name }))}
            value={String(state.classId)}
            onChange={(event) => {
              onClass(Number(event.currentTarget.value));
              event.currentTarget.blur(); // the keys are the page's again
            }}
          />
          <NativeSelect
            size="xs"
            label={t("On a page")}
            data={PAGE_SIZES.map(String)}
            value={String(state.size)}
            onChange={(event) => {
              onSize(Number(event.currentTarget.value));
              event.currentTarget.blur();
            }}
          />
        </Group>
        <Text size="sm" c="dimmed" className={styles.wide} style={{ maxWidth: "34rem" }}>
          {toggleKey && confirmKey
            ? rich("The least sure come first. Mark what is not {name} ({toggle}, a click, or the key of the class that it is); {confirm} confirms the rest.", {
                name,
                toggle: <Kbd size="xs">{keyLabel(toggleKey)}</Kbd>,
                confirm: <Kbd size="xs">{keyLabel(confirmKey)}</Kbd>,
              })
            : t("The least sure come first. Mark what is not {name} (a click, or the key of the class that it is).", { name })}
        </Text>
      </div>

      <div className={styles.stage}>
        {state.trouble && page.length > 0 && (
          <Alert color="orange" py="xs" mb="sm" role="alert">
            {state.trouble.message}
          </Alert>
        )}
        {page.length > 0 ? (
          <div
            id={TILES}
            role="group"
            tabIndex={0}
            aria-label={t("Items that the model says are {name}; checked: marked as wrong", { name })}
            aria-activedescendant={currentId}
            className={styles.grid}
            data-type={project.item_type}
          >
            {page.map((entry, place) => {
              const mark = state.marks.get(entry.id);
              return (
                <GridTile
                  key={entry.id}
                  entry={entry}
                  place={place}
                  guess={guess}
                  mark={mark}
                  markedAs={typeof mark === "number" ? classes.find((one) => one.id === mark) : undefined}
                  isCursor={place === state.cursor}
                  onPress={press}
                  watch={watch}
                />
              );
            })}
          </div>
        ) : (
          <Nothing project={project} state={state} name={guess?.name ?? t("this class")} onRetry={() => void session.renew()} />
        )}
      </div>

      <footer className={styles.bar} data-place="bottom">
        <Group gap="xs">
          <Button
            size="compact-md"
            disabled={seen.length === 0}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => session.confirm()}
            rightSection={confirmKey && <Kbd size="xs">{keyLabel(confirmKey)}</Kbd>}
          >
            {n_marked > 0
              ? t("Confirm {n}, {marked} marked", { n: count(seen.length - n_marked), marked: count(n_marked) })
              : t("Confirm {n}", { n: count(seen.length) })}
          </Button>
          {["toggle", "search", "open", "undo"].map((id) => (
            <ActionButton key={id} actions={actions} id={id} />
          ))}
        </Group>
        {n_unseen > 0 && (
          <Text size="xs" role="status" data-testid="unseen">
            {plural(n_unseen, "1 is not seen yet and stays", "{n} are not seen yet and stay", { n: count(n_unseen) })}
          </Text>
        )}
        <Text size="xs" c="dimmed" className={styles.wide}>
          {t("Stored as confirmed in a grid, with the guess shown: never as a blind answer.")}
        </Text>
      </footer>

      <KeyHelp actions={actions} isOpen={dialog?.kind === "help"} onClose={close} />
      {search.dialog}
      {dialog?.kind === "item" && (
        <Modal opened onClose={close} title={dialog.entry.item.key} size="xl" transitionProps={{ duration: 0 }}>
          <div className={styles.closer}>
            <ItemView item={dialog.entry.item} />
          </div>
        </Modal>
      )}
    </main>
  );
}

function Nothing({ project, state, name, onRetry }: { project: Project; state: GridState; name: string; onRetry: () => void }) {
  const progress = useQuery({ ...progressQuery(project.id), enabled: state.status !== "loading" });
  if (state.status === "loading") return <Loading what={t("the items")} />;
  if (progress.data?.n_items === 0) return <NoItems project={project} />;
  const { trouble } = state;
  return (
    <Empty title={trouble ? t("The grid has nothing to show") : t("Nothing left that the model says is {name}", { name })}>
      <Text c="dimmed" role={trouble ? "alert" : undefined}>
        {trouble?.message ?? t("All of it is labeled by people, asked blind, or held by somebody else. Choose another class above.")}
      </Text>
      <Group justify="center">
        <Button variant="default" onClick={onRetry}>
          {t("Look again")}
        </Button>
        <ButtonLink to={`/projects/${project.id}/review`}>{t("Review one by one")}</ButtonLink>
      </Group>
    </Empty>
  );
}
