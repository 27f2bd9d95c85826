import { Group, Paper, SimpleGrid, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import type { Progress, Project } from "@/api/types";
import { NextStep } from "@/app/overview/next-step";
import { PeoplePanel } from "@/app/overview/people-panel";
import { PublicationPanel } from "@/app/overview/publication-panel";
import { QueuePanel } from "@/app/overview/queue-panel";
import { CertificationLine } from "@/certificates/certification-line";
import { progressQuery, projectQuery, timelineQuery } from "@/labeling/api";
import { LabeledBar } from "@/labeling/labeled-bar";
import { queueQuery } from "@/review/api";
import { roundQuery, roundsQuery, runsQuery } from "@/training/api";
import { AccuracyChart } from "@/training/charts/accuracy-chart";
import { ClassChart } from "@/training/charts/class-chart";
import { EffortChart } from "@/training/charts/effort-chart";
import { TimelineChart } from "@/training/charts/timeline-chart";
import { RoundCharts } from "@/training/round-charts";
import { Figure } from "@/ui/figure";
import { count, counted, percent, percentWithin } from "@/ui/format";
import { useIdParam } from "@/ui/id-param";
import { ButtonLink, TextLink } from "@/ui/link";
import { Page } from "@/ui/page";
import { Panel } from "@/ui/panel";
import { Ready } from "@/ui/query";
import { Empty } from "@/ui/states";
import { WorkProgress } from "@/ui/work-progress";

const LIVE = { refetchInterval: 5_000 };

/** Where the project stands: labeled by whom, how good the model is, what waits. */
export default function OverviewPage() {
  const projectId = useIdParam("projectId");
  const project = useQuery(projectQuery(projectId));
  const progress = useQuery({ ...progressQuery(projectId), ...LIVE });
  return (
    <Page title={project.data?.name ?? "Project"} size="xl">
      <Ready query={project} what="the project">
        {(data) => (
          <Ready query={progress} what="the counts">
            {(counts) => (counts.n_items === 0 ? <NoItems project={data} /> : <Overview project={data} progress={counts} />)}
          </Ready>
        )}
      </Ready>
    </Page>
  );
}

function NoItems({ project }: { project: Project }) {
  return (
    <Empty title="This project has no items yet">
      <Text c="dimmed">Import a file with the items to label. Some of them may be labeled already.</Text>
      <ButtonLink to={`/projects/${project.id}/data`}>Import a file</ButtonLink>
    </Empty>
  );
}

function Overview({ project, progress }: { project: Project; progress: Progress }) {
  const queue = useQuery({ ...queueQuery(project.id), ...LIVE });
  const rounds = useQuery({ ...roundsQuery(project.id), ...LIVE });
  const finished = rounds.data?.results.filter((round) => round.finished_at !== null) ?? [];
  const timeline = useQuery(timelineQuery(project.id));
  const last = finished.at(-1);
  const round = useQuery({ ...roundQuery(last?.id ?? 0), enabled: last !== undefined });

  return (
    <Stack>
      <OpenRun project={project} />
      <Paper withBorder p="md">
        {project.question && (
          <Text mb="sm" fw={500}>
            {project.question}
          </Text>
        )}
        <LabeledBar progress={progress} size="xl" />
        <SimpleGrid cols={{ base: 2, sm: 4 }} mt="md">
          <Figure
            name="Holdout accuracy"
            value={percent(last?.holdout_accuracy)}
            note={typeof last?.low === "number" ? `95% interval ${percent(last.low)} to ${percent(last.high)}` : "not measured yet"}
          />
          <Figure name="Test accuracy" value={percent(last?.test_accuracy)} note={progress.n_test > 0 ? counted(progress.n_test, "test item") : "no test items"} />
          <Figure name="Held out" value={count(progress.n_holdout)} note="measured on, never trained on" />
          <Figure name="In the queue" value={queue.data ? count(queue.data.n_open) : "–"} note={queue.data && `${count(queue.data.answered_by_me)} answered by you`} />
        </SimpleGrid>
        <CertificationLine project={project} />
        <NextStep project={project} progress={progress} queue={queue.data} hasRounds={finished.length > 0} />
      </Paper>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Panel title="Labels by class" note="People's and the model's that stand now">
          <ClassChart counts={progress.by_class} classes={project.classes} />
        </Panel>
        <Panel title="Accuracy over rounds" note={last ? `Latest: ${percentWithin(last.holdout_accuracy, last.low, last.high)} on the holdout` : undefined}>
          {finished.some((one) => one.holdout_accuracy !== null || one.test_accuracy !== null) ? (
            <AccuracyChart rounds={finished} />
          ) : (
            <Text size="sm" c="dimmed">
              {finished.length === 0 ? "No round is finished yet." : "No holdout or test items yet, so accuracy is not known."}
            </Text>
          )}
        </Panel>
        <Panel title="Labels over time" note="Items by whose label stood for them">
          <Ready query={timeline} what="the timeline">
            {(moments) => <TimelineChart moments={moments} />}
          </Ready>
        </Panel>
        <Panel title="Effort over rounds" note="Human labels that each round learned from, and the share of the rest that it took over">
          {finished.length > 0 ? (
            <EffortChart rounds={finished} />
          ) : (
            <Text size="sm" c="dimmed">
              No round is finished yet.
            </Text>
          )}
        </Panel>
        <QueuePanel project={project} queue={queue.data} />
        <PublicationPanel project={project} progress={progress} />
      </SimpleGrid>
      <PeoplePanel project={project} />
      {round.data && last && (
        <>
          <Text size="sm" c="dimmed">
            Of the latest round,{" "}
            <TextLink size="sm" to={`/projects/${project.id}/rounds/${last.id}`}>
              {last.run_number}.{last.number}
            </TextLink>
            :
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
        <Text fw={600}>Run {open.number} is training</Text>
        <TextLink size="sm" to={`/projects/${project.id}/training`}>
          Watch it
        </TextLink>
      </Group>
      <WorkProgress work={open} noun="run" />
    </Paper>
  );
}
