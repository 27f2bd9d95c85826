import { Group, NativeSelect, SimpleGrid, Stack, Switch, Table, Text, VisuallyHidden } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useSearchParams } from "react-router";

import type { Project, Round, Run } from "@/api/types";
import { PublishRoundButton } from "@/app/candidate/publish-round-button";
import { CurvesChart, type Side } from "@/app/run-compare/curves-chart";
import { DiffPanel } from "@/app/run-compare/diff-panel";
import { lastRound, measuredAlike, resultRows, settingRows, type Row } from "@/app/run-compare/side-by-side";
import { projectQuery } from "@/labeling/api";
import { t } from "@/language/translate";
import { learnersQuery, roundQuery, runQuery, runsQuery } from "@/training/api";
import { holdoutInterval } from "@/training/charts/axes";
import { count, percent } from "@/ui/format";
import { useIdParam } from "@/ui/id-param";
import { ButtonLink, TextLink } from "@/ui/link";
import { Page } from "@/ui/page";
import { Panel } from "@/ui/panel";
import { Ready, ReadyOf } from "@/ui/query";
import { Empty } from "@/ui/states";

type SideName = "left" | "right";

/** Two runs side by side, and of each one round: what was set, what came of it, and where they label differently. */
export default function RunComparePage() {
  const project = useQuery(projectQuery(useIdParam("projectId")));
  return (
    <Page title={t("Runs side by side")} size="xl">
      <Ready query={project} what={t("the project")}>
        {(data) => <Chosen project={data} />}
      </Ready>
    </Page>
  );
}

function Chosen({ project }: { project: Project }) {
  const runs = useQuery(runsQuery(project.id));
  const [params] = useSearchParams();
  return (
    <Ready query={runs} what={t("the runs")}>
      {({ results }) => {
        const [newest, second] = results;
        if (newest === undefined) {
          return (
            <Empty title={t("There is no run yet")}>
              <Text c="dimmed">{t("Two runs, or two rounds of one, can be held side by side here.")}</Text>
              <ButtonLink to={`/projects/${project.id}/training`}>{t("Start a run")}</ButtonLink>
            </Empty>
          );
        }
        const left = Number(params.get("left")) || (second ?? newest).id;
        const right = Number(params.get("right")) || newest.id;
        return <TwoRuns project={project} runs={results} left={left} right={right} />;
      }}
    </Ready>
  );
}

function TwoRuns({ project, runs, left, right }: { project: Project; runs: readonly Run[]; left: number; right: number }) {
  // A run older than the list is fetched by itself; one that goes on is followed.
  const one = useQuery(runQuery(left));
  const other = useQuery(runQuery(right));
  return (
    <ReadyOf project={project} query={one} what={t("the left run")}>
      {(a) => (
        <ReadyOf project={project} query={other} what={t("the right run")}>
          {(b) => <SideBySide project={project} runs={runs} left={a} right={b} />}
        </ReadyOf>
      )}
    </ReadyOf>
  );
}

function SideBySide({ project, runs, left, right }: { project: Project; runs: readonly Run[]; left: Run; right: Run }) {
  const [params] = useSearchParams();
  const chosen = (side: SideName, run: Run) => run.rounds.find((round) => round.id === Number(params.get(`${side}_round`))) ?? lastRound(run);
  const [leftRound, rightRound] = [chosen("left", left), chosen("right", right)];
  const sides: [Side, Side] = [
    { name: left.id === right.id ? t("run {number}, left", { number: left.number }) : t("run {number}", { number: left.number }), rounds: left.rounds },
    { name: left.id === right.id ? t("run {number}, right", { number: right.number }) : t("run {number}", { number: right.number }), rounds: right.rounds },
  ];
  return (
    <Stack>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <Chooser side="left" runs={runs} run={left} roundId={leftRound?.id} />
        <Chooser side="right" runs={runs} run={right} roundId={rightRound?.id} />
      </SimpleGrid>
      <Settings project={project} left={left} right={right} />
      <SimpleGrid cols={{ base: 1, md: 3 }}>
        <Panel title={t("Accuracy on the holdout")} note={t("By round, with its 95% interval")}>
          <CurvesChart
            label={t("Accuracy on the holdout over rounds")}
            sides={sides}
            value={(round) => round.holdout_accuracy}
            interval={holdoutInterval}
            format={percent}
            isShare
          />
        </Panel>
        <Panel title={t("Coverage")} note={t("Accepted of the pool, by round")}>
          <CurvesChart label={t("Coverage over rounds")} sides={sides} value={(round) => round.share_accepted} format={percent} isShare />
        </Panel>
        <Panel title={t("Human labels")} note={t("Trained on, by round")}>
          <CurvesChart label={t("Human labels over rounds")} sides={sides} value={(round) => round.n_human} format={count} isShare={false} />
        </Panel>
      </SimpleGrid>
      {leftRound && rightRound ? (
        <TwoRounds project={project} left={leftRound.id} right={rightRound.id} />
      ) : (
        <Text c="dimmed">
          {t("Run {number} has not finished a round, so there are no results to hold side by side yet.", { number: leftRound ? right.number : left.number })}
        </Text>
      )}
    </Stack>
  );
}

/** Which run, and which of its finished rounds, is on this side. */
function Chooser({ side, runs, run, roundId }: { side: SideName; runs: readonly Run[]; run: Run; roundId: number | undefined }) {
  const [, setParams] = useSearchParams();
  const change = (part: Record<string, string | null>) =>
    setParams(
      (now) => {
        const next = new URLSearchParams(now);
        for (const [name, value] of Object.entries({ left_class: null, right_class: null, ...part })) {
          if (value === null) next.delete(name);
          else next.set(name, value);
        }
        return next;
      },
      { replace: true },
    );
  const listed = runs.some((one) => one.id === run.id) ? runs : [...runs, run];
  const finished = run.rounds.filter((round) => round.finished_at !== null);
  return (
    <Panel title={side === "left" ? t("Left") : t("Right")}>
      <Group gap="sm" align="flex-end">
        <NativeSelect
          label={side === "left" ? t("Run on the left") : t("Run on the right")}
          data={listed.map((one) => ({ value: String(one.id), label: t("Run {number}", { number: one.number }) }))}
          value={String(run.id)}
          onChange={(event) => change({ [side]: event.currentTarget.value, [`${side}_round`]: null })}
        />
        <NativeSelect
          label={side === "left" ? t("Round on the left") : t("Round on the right")}
          data={finished.map((round) => ({ value: String(round.id), label: `${round.run_number}.${round.number}` }))}
          value={String(roundId ?? "")}
          disabled={finished.length === 0}
          onChange={(event) => change({ [`${side}_round`]: event.currentTarget.value })}
        />
      </Group>
    </Panel>
  );
}

function Settings({ project, left, right }: { project: Project; left: Run; right: Run }) {
  const learners = useQuery(learnersQuery(project.item_type));
  const [isWhole, setIsWhole] = useState(false);
  return (
    <Ready query={learners} what={t("the learners")}>
      {(catalogue) => {
        const rows = settingRows(left, right, catalogue);
        const differing = rows.filter((row) => row.differs);
        return (
          <Panel title={t("Settings")} note={differing.length === 0 ? t("The two are set alike") : t("What differs")}>
            <SideTable rows={isWhole ? rows : differing} heads={[t("Run {number}", { number: left.number }), t("Run {number}", { number: right.number })]} what={t("Setting")} />
            <Switch
              mt="sm"
              size="sm"
              label={t("All {n} settings", { n: rows.length })}
              checked={isWhole}
              onChange={(event) => setIsWhole(event.currentTarget.checked)}
            />
          </Panel>
        );
      }}
    </Ready>
  );
}

function TwoRounds({ project, left, right }: { project: Project; left: number; right: number }) {
  const one = useQuery(roundQuery(left));
  const other = useQuery(roundQuery(right));
  return (
    <Ready query={one} what={t("the left round")}>
      {(a) => (
        <Ready query={other} what={t("the right round")}>
          {(b) => <Results project={project} left={a} right={b} />}
        </Ready>
      )}
    </Ready>
  );
}

const numberOf = (round: Round) => `${round.run_number}.${round.number}`;

function Results({ project, left, right }: { project: Project; left: Round; right: Round }) {
  const names = [t("round {round}", { round: numberOf(left) }), t("round {round}", { round: numberOf(right) })] as const;
  return (
    <>
      <Panel
        title={t("Results")}
        note={measuredAlike(left, right) ? undefined : t("The two were measured on other items, so that small differences may come from those")}
      >
        <SideTable
          rows={resultRows(left, right)}
          heads={[t("Round {round}", { round: numberOf(left) }), t("Round {round}", { round: numberOf(right) })]}
          what={t("Measure")}
        />
        <SimpleGrid cols={{ base: 1, xs: 2 }} mt="sm">
          {[left, right].map((round, place) => (
            <Group key={place} gap="sm">
              <TextLink size="sm" to={`/projects/${project.id}/rounds/${round.id}`}>
                {t("All of round {round}", { round: numberOf(round) })}
              </TextLink>
              <PublishRoundButton project={project} round={round} />
            </Group>
          ))}
        </SimpleGrid>
      </Panel>
      {project.role === "annotator" ? (
        <Text size="sm" c="dimmed">
          {t("Annotators answer blind, so that what the rounds said of single items is not shown to you.")}
        </Text>
      ) : left.id === right.id ? (
        <Text size="sm" c="dimmed">
          {t("Left and right are one round. Choose another above to see where their pseudo-labels differ.")}
        </Text>
      ) : (
        <DiffPanel project={project} left={left} right={right} names={names} />
      )}
    </>
  );
}

function SideTable({ rows, heads, what }: { rows: readonly Row[]; heads: readonly [string, string]; what: string }) {
  if (rows.length === 0) return null;
  return (
    <Table.ScrollContainer minWidth={300}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{what}</Table.Th>
            <Table.Th>{heads[0]}</Table.Th>
            <Table.Th>{heads[1]}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={row.name}>
              <Table.Td c="dimmed">
                {row.name}
                {row.differs && <VisuallyHidden>, {t("differs")}</VisuallyHidden>}
              </Table.Td>
              <Table.Td fw={row.differs ? 600 : undefined}>{row.left}</Table.Td>
              <Table.Td fw={row.differs ? 600 : undefined}>{row.right}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
