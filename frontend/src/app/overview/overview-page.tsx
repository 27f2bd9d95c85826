import { Group, Paper, SimpleGrid, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { answersBlind } from "@/api/roles";
import type { Progress, Project } from "@/api/types";
import { NextStep } from "@/app/overview/next-step";
import { PeoplePanel } from "@/app/overview/people-panel";
import { PublicationPanel } from "@/app/overview/publication-panel";
import { runText } from "@/app/overview/run-text";
import { QueuePanel } from "@/app/overview/queue-panel";
import { CertificationLine } from "@/certificates/certification-line";
import { progressQuery, projectQuery, timelineQuery } from "@/labeling/api";
import { LabeledBar } from "@/labeling/labeled-bar";
import { NoItems } from "@/labeling/no-items";
import { rich } from "@/language/rich";
import { plural, t } from "@/language/translate";
import { queueQuery } from "@/review/api";
import { openCount } from "@/review/open-count";
import { roundQuery, roundsQuery, runsQuery } from "@/training/api";
import { AccuracyChart } from "@/training/charts/accuracy-chart";
import { ClassChart } from "@/training/charts/class-chart";
import { EffortChart } from "@/training/charts/effort-chart";
import { TimelineChart } from "@/training/charts/timeline-chart";
import { RoundCharts } from "@/training/round-charts";
import { Figure } from "@/ui/figure";
import { count, percent, percentWithin } from "@/ui/format";
import { useIdParam } from "@/ui/id-param";
import { TextLink } from "@/ui/link";
import { Page } from "@/ui/page";
import { Panel } from "@/ui/panel";
import { Ready } from "@/ui/query";
import { WorkProgress } from "@/ui/work-progress";

const LIVE = { refetchInterval: 5_000 };

/** Where the project stands: labeled by whom, how good the model is, what waits. */
export default function OverviewPage() {
  const projectId = useIdParam("projectId");
  const project = useQuery(projectQuery(projectId));
  const progress = useQuery({ ...progressQuery(projectId), ...LIVE });
  return (
    <Page title={project.data?.name ?? t("Project")} size="xl">
      <Ready query={project} what={t("the project")}>
        {(data) => (
          <Ready query={progress} what={t("the counts")}>
            {(counts) => {
              if (counts.n_items === 0) return <NoItems project={data} />;
              return answersBlind(data) ? <BlindOverview project={data} progress={counts} /> : <Overview project={data} progress={counts} />;
            }}
          </Ready>
        )}
      </Ready>
    </Page>
  );
}

/** For annotators: what is asked, what waits, and their own work. Counts of labels would tell them what others said. */
function BlindOverview({ project, progress }: { project: Project; progress: Progress }) {
  const queue = useQuery({ ...queueQuery(project.id), ...LIVE });
  return (
    <Stack>
      <Paper withBorder p="md">
        {project.question && (
          <Text mb="sm" fw={500} dir="auto">
            {project.question}
          </Text>
        )}
        <Figure name={t("Answers wanted")} value={queue.data ? openCount(queue.data) : "–"} note={queue.data && t("{n} answered by you", { n: count(queue.data.answered_by_me) })} />
        <NextStep project={project} progress={progress} queue={queue.data} hasRounds={false} />
        <Text size="sm" c="dimmed" mt="md">
          {t("You answer blind, so that your answers can prove something: what others or a model say of the items is not shown to you.")}
        </Text>
      </Paper>
      <QueuePanel project={project} queue={queue.data} />
      <PeoplePanel project={project} />
    </Stack>
  );
}

function Overview({ project, progress }: { project: Project; progress: Progress }) {
  const queue = useQuery({ ...queueQuery(project.id), ...LIVE });
  const rounds = useQuery({ ...roundsQuery(project.id), ...LIVE });
  const finished = rounds.data?.results.filter((round) => round.finished_at !== null) ?? [];
  const timeline = useQuery(timelineQuery(project.id));
  const last = finished.at(-1);
  const { publication } = progress;
  // A certificate's labels are a part of a round's. What a candidate measured is on the training page.
  const standing = publication ? finished.find((one) => one.source_id === publication.source_id || one.source_id === publication.taken_from_id) : undefined;
  const shown = standing ?? last;
  const round = useQuery({ ...roundQuery(shown?.id ?? 0), enabled: shown !== undefined });

  const link = shown && (
    <TextLink size="sm" to={`/projects/${project.id}/rounds/${shown.id}`}>
      {shown.run_number}.{shown.number}
    </TextLink>
  );

  return (
    <Stack>
      <OpenRun project={project} />
      <Paper withBorder p="md">
        {project.question && (
          <Text mb="sm" fw={500} dir="auto">
            {project.question}
          </Text>
        )}
        <LabeledBar progress={progress} size="xl" />
        <SimpleGrid cols={{ base: 2, sm: 4 }} mt="md">
          <Figure
            name={t("Holdout accuracy")}
            value={percent(shown?.holdout_accuracy)}
            note={
              typeof shown?.low === "number"
                ? `${t("round {round}", { round: `${shown.run_number}.${shown.number}` })}, ${t("95% interval {low} to {high}", { low: percent(shown.low), high: percent(shown.high) })}`
                : t("not measured yet")
            }
          />
          <Figure name={t("Test accuracy")} value={percent(shown?.test_accuracy)} note={progress.n_test > 0 ? plural(progress.n_test, "{n} test item", "{n} test items", { n: count(progress.n_test) }) : t("no test items")} />
          <Figure name={t("Held out")} value={count(progress.n_holdout)} note={t("measured on, never trained on")} />
          <Figure name={t("Answers wanted")} value={queue.data ? openCount(queue.data) : "–"} note={queue.data && t("{n} answered by you", { n: count(queue.data.answered_by_me) })} />
        </SimpleGrid>
        <CertificationLine project={project} />
        <NextStep project={project} progress={progress} queue={queue.data} hasRounds={finished.length > 0} />
      </Paper>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Panel title={t("Labels by class")} note={t("People's and the model's that stand now")}>
          <ClassChart counts={progress.by_class} classes={project.classes} />
        </Panel>
        <Panel title={t("Accuracy over rounds")} note={last ? t("Latest: {accuracy} on the holdout", { accuracy: percentWithin(last.holdout_accuracy, last.low, last.high) }) : undefined}>
          {finished.some((one) => one.holdout_accuracy !== null || one.test_accuracy !== null) ? (
            <AccuracyChart rounds={finished} />
          ) : (
            <Text size="sm" c="dimmed">
              {finished.length === 0 ? t("No round is finished yet.") : t("No holdout or test items yet, so accuracy is not known.")}
            </Text>
          )}
        </Panel>
        <Panel title={t("Labels over time")} note={t("Items by whose label stood for them")}>
          <Ready query={timeline} what={t("the timeline")}>
            {(moments) => <TimelineChart moments={moments} />}
          </Ready>
        </Panel>
        <Panel title={t("Effort over rounds")} note={t("Human labels that each round learned from, and the share of the rest that it took over")}>
          {finished.length > 0 ? (
            <EffortChart rounds={finished} />
          ) : (
            <Text size="sm" c="dimmed">
              {t("No round is finished yet.")}
            </Text>
          )}
        </Panel>
        <QueuePanel project={project} queue={queue.data} />
        <PublicationPanel project={project} progress={progress} />
      </SimpleGrid>
      <PeoplePanel project={project} />
      {round.data && shown && (
        <>
          <Text size="sm" c="dimmed">
            {standing ? rich("Of the round that stands, {round}:", { round: link }) : rich("Of the latest round, {round}:", { round: link })}
          </Text>
          <RoundCharts project={project} round={round.data} />
        </>
      )}
    </Stack>
  );
}

function OpenRun({ project }: { project: Project }) {
  const runs = useQuery(runsQuery(project.id));
  const open = runs.data?.results.find((run) => run.is_open);
  if (!open) return null;
  return (
    <Paper withBorder p="md">
      <Group justify="space-between" mb="xs">
        <Text fw={600}>{runText(open)}</Text>
        <TextLink size="sm" to={`/projects/${project.id}/training`}>
          {t("Watch it")}
        </TextLink>
      </Group>
      <WorkProgress work={open} noun={t("run")} />
    </Paper>
  );
}
