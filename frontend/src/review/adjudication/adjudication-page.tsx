import { Badge, Button, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { Link, useSearchParams } from "react-router";

import { mayReview } from "@/api/roles";
import type { Adjudication, Project } from "@/api/types";
import { KeyHelp } from "@/keys/help";
import { useMyKeys } from "@/keys/my-keys";
import { useActions } from "@/keys/use-actions";
import { projectQuery } from "@/labeling/api";
import { A_ROLE } from "@/labeling/names";
import { lookActions, searchAction, StageControl } from "@/labeling/stage-control";
import { t } from "@/language/translate";
import { adjudicationActions } from "@/review/adjudication/adjudication-actions";
import { AdjudicationSession } from "@/review/adjudication/adjudication-session";
import { CaseView } from "@/review/adjudication/case-view";
import { canKeep, fromDisagreement, fromDispute, fromUndone, originOf, type Case, type Origin } from "@/review/adjudication/cases";
import { FlagList } from "@/review/adjudication/flag-list";
import { NothingLeft } from "@/review/adjudication/nothing-left";
import { WeighedPanel } from "@/review/adjudication/weighed-panel";
import styles from "@/review/adjudication/adjudication.module.css";
import { adjudicationQuery, N_CASES_COUNTED, readDisagreements, readDisputes, readVerdicts, sendVerdict, undoVerdict } from "@/review/api";
import { usePreloadedImages } from "@/review/preload";
import { useClassSearch } from "@/review/use-class-search";
import { count } from "@/ui/format";
import { useIdParam } from "@/ui/id-param";
import { Page } from "@/ui/page";
import { Ready } from "@/ui/query";

const PAGE = 20;
const LOOK_AGAIN_MS = 10_000;
const COUNT_AFTER_MS = 1_000;

/** What needs a reviewer: people who disagree or ask for a second look, and labels that a model contradicts. */
export default function AdjudicationPage() {
  const project = useQuery(projectQuery(useIdParam("projectId")));
  return (
    <Page title={t("Adjudication")} size="xl">
      <Ready query={project} what={t("the project")}>
        {(data) => (mayReview(data) ? <Adjudicate project={data} /> : <FlagsOnly project={data} />)}
      </Ready>
    </Page>
  );
}

function FlagsOnly({ project }: { project: Project }) {
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        {t("Owners and reviewers decide here. You are {a_role} of this project, and see what was flagged.", { a_role: t(A_ROLE[project.role]) })}
      </Text>
      <FlagList project={project} maySettle={false} />
    </Stack>
  );
}

function Adjudicate({ project }: { project: Project }) {
  const [params] = useSearchParams();
  const of = params.get("of");
  const summary = useQuery({ ...adjudicationQuery(project.id), refetchInterval: LOOK_AGAIN_MS });
  return (
    <Stack>
      <Origins project={project} of={of} summary={summary.data} />
      {of === "flags" ? (
        <FlagList project={project} maySettle />
      ) : of === "weighed" ? (
        <WeighedPanel project={project} />
      ) : (
        <Cases key={of} project={project} origin={of === "model" ? "model" : "people"} opinions={summary.data} />
      )}
    </Stack>
  );
}

function Origins({ project, of, summary }: { project: Project; of: string | null; summary: Adjudication | undefined }) {
  const sources: { to: string | null; title: string; n?: number | null }[] = [
    { to: null, title: t("People disagree"), n: summary?.n_people },
    { to: "model", title: t("A model disagrees"), n: summary?.n_model },
    { to: "weighed", title: t("Weighed answers") },
    { to: "flags", title: t("All flags") },
  ];
  return (
    <nav className={styles.origins} aria-label={t("What to decide")}>
      {sources.map(({ to, title, n }) => (
        <Link
          key={title}
          to={`/projects/${project.id}/adjudication${to === null ? "" : `?of=${to}`}`}
          className={styles.origin}
          aria-current={of === to ? "page" : undefined}
        >
          {title}
          {typeof n === "number" && (
            <Badge ms={6} size="sm" variant="light" color={n > 0 ? "orange" : "gray"} tt="none">
              {n >= N_CASES_COUNTED ? `${count(N_CASES_COUNTED)}+` : count(n)}
            </Badge>
          )}
        </Link>
      ))}
    </nav>
  );
}

async function readCases(projectId: number, origin: Origin, cursor: string | null): Promise<{ results: Case[]; next: string | null }> {
  if (origin === "people") {
    const page = await readDisputes(projectId, cursor, PAGE);
    return { results: page.results.map(fromDispute), next: page.next };
  }
  const page = await readDisagreements(projectId, cursor, PAGE);
  return { results: page.results.map(fromDisagreement), next: page.next };
}

function useSession(project: Project, origin: Origin) {
  const client = useQueryClient();
  const { id } = project;
  const session = useMemo(
    () =>
      new AdjudicationSession({
        read: (cursor) => readCases(id, origin, cursor),
        send: (verdict) => sendVerdict(id, verdict),
        undo: async (key) => fromUndone(await undoVerdict(key)),
      }),
    [id, origin],
  );
  const state = useSyncExternalStore(session.subscribe, session.getState);

  useEffect(() => {
    void session.renew();
    void readVerdicts(id).then(
      (given) => {
        const mine = given.filter((one) => one.withdrawn_at === null && originOf(one) === origin);
        session.recall(mine.map((one) => ({ key: one.key, case: null, classId: one.class_id })).reverse());
      },
      () => undefined, // nothing to undo then
    );
  }, [session, id, origin]);

  const isIdle = state.cases.length === 0;
  useEffect(() => {
    if (!isIdle) return;
    const timer = setInterval(() => void session.renew(), LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [session, isIdle]);

  // Other pages read labels and counts anew when they are opened; the counts above follow when the keys rest.
  const isSending = state.n_sending > 0;
  const n_given = state.history.length;
  useEffect(() => {
    if (isSending) return;
    void client.invalidateQueries({ queryKey: ["projects", id], refetchType: "none" });
    const timer = setTimeout(() => void client.invalidateQueries({ queryKey: adjudicationQuery(id).queryKey }), COUNT_AFTER_MS);
    return () => clearTimeout(timer);
  }, [client, id, isSending, n_given]);
  useEffect(() => {
    if (!isSending) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [isSending]);
  return { session, state };
}

function Cases({ project, origin, opinions }: { project: Project; origin: Origin; opinions: Adjudication | undefined }) {
  const { session, state } = useSession(project, origin);
  const [isHelpOpen, setHelpOpen] = useState(false);
  const control = useMemo(() => new StageControl(), []);
  const one = state.cases[0];
  const search = useClassSearch({
    classes: project.classes,
    hasItem: () => session.current !== undefined,
    suggestion: null,
    onChoose: (classId) => session.decide(classId),
  });
  const { open: openSearch } = search;
  const { classes } = project;
  usePreloadedImages(state.cases);

  const ownActions = useMemo(() => {
    const name = (id: number | undefined) => classes.find((each) => each.id === id)?.name ?? t("the label");
    const keepTitle = () => {
      if (one === undefined || !canKeep(one)) return undefined;
      const { label } = one.item;
      if (one.disagreement) return t("Keep {name}: the person is right", { name: name(label?.class_id) });
      return label ? t("Keep {name} and settle the flag", { name: name(label.class_id) }) : t("Settle the flag and leave the item unlabeled");
    };
    const said = () => session.current?.disagreement?.model.class_id;
    return [
      ...adjudicationActions(classes, {
        hasCase: () => session.current !== undefined,
        keepTitle,
        hasModel: () => said() !== undefined,
        canUndo: () => session.getState().history.length > 0,
        label: (classId) => session.decide(classId),
        keep: () => session.decide(null),
        takeModel: () => session.decide(said() ?? null),
        later: () => session.later(),
        undo: () => session.undo(),
        openSearch: () => openSearch(),
        openHelp: () => setHelpOpen(true),
      }),
      ...(project.item_type === "image" ? lookActions(control) : []),
      ...(project.item_type === "text" ? [searchAction] : []),
    ];
  }, [classes, session, control, project.item_type, one, openSearch]);
  const actions = useMyKeys(ownActions);
  useActions(actions, {
    onTyped: search.onTyped,
    onUnknownKey: search.onUnknownKey,
  });

  const undo = actions.find((action) => action.id === "undo");
  const notice = (
    <Text size="sm" c={state.notice ? "red" : "dimmed"} role={state.notice ? "alert" : undefined} data-testid="verdicts">
      {state.notice ?? (state.n_sending > 0 ? t("Storing…") : t("All verdicts stored"))}
    </Text>
  );
  return (
    <>
      {one ? (
        <CaseView project={project} one={one} opinions={opinions} actions={actions} control={control} notice={notice} />
      ) : (
        <>
          <NothingLeft project={project} origin={origin} state={state} opinions={opinions} onRetry={() => void session.renew()} />
          {state.history.length > 0 && undo && (
            <Stack align="center" gap="xs">
              <Button variant="default" size="compact-sm" onClick={undo.perform}>
                {undo.title}
              </Button>
              {notice}
            </Stack>
          )}
        </>
      )}
      <KeyHelp actions={actions} isOpen={isHelpOpen} onClose={() => setHelpOpen(false)} />
      {search.dialog}
    </>
  );
}
