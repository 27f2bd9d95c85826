import { Button, Code, Group, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import type { Project, Round } from "@/api/types";
import { BesideStanding } from "@/app/candidate/beside-standing";
import { heldText } from "@/training/candidate";
import { PublishRoundButton } from "@/app/candidate/publish-round-button";
import { stepName } from "@/app/round/step-name";
import { projectQuery } from "@/labeling/api";
import { plural, t } from "@/language/translate";
import { besideQuery } from "@/review/api";
import { roundModelUrl, roundQuery } from "@/training/api";
import { ClassScores } from "@/training/class-scores";
import { ThresholdExplorer } from "@/training/explorer/threshold-explorer";
import { madeElsewhere } from "@/training/made-elsewhere";
import { GeneratedPanel } from "@/training/generated-panel";
import { RoundCharts } from "@/training/round-charts";
import { Figure } from "@/ui/figure";
import { count, decimal, duration, percent } from "@/ui/format";
import { DownloadIcon } from "@/ui/icons";
import { useIdParam } from "@/ui/id-param";
import { Page } from "@/ui/page";
import { Panel } from "@/ui/panel";
import { Ready, ReadyOf } from "@/ui/query";
import { said } from "@/ui/server-says";

export default function RoundPage() {
  const project = useQuery(projectQuery(useIdParam("projectId")));
  const round = useQuery({
    ...roundQuery(useIdParam("roundId")),
    refetchInterval: (query) => (query.state.data?.state === "running" ? 2000 : query.state.data?.state === "ready" ? 10_000 : false),
  });
  return (
    <Ready query={project} what={t("the project")}>
      {(owner) => (
        <ReadyOf project={owner} query={round} what={t("the round")}>
          {(data) => (
            <Page title={t("Round {round}", { round: `${data.run_number}.${data.number}` })} size="xl" actions={<PublishRoundButton project={owner} round={data} />}>
              <RoundDetail project={owner} round={data} />
            </Page>
          )}
        </ReadyOf>
      )}
    </Ready>
  );
}

function RoundDetail({ project, round }: { project: Project; round: Round }) {
  const { metrics } = round;
  if (round.finished_at === null) return <Text c="dimmed">{t("This round is not finished; its measures appear here when it is.")}</Text>;
  const { holdout, test, true_precision } = metrics;
  const measured = test ?? holdout;
  const elsewhere = metrics.made_elsewhere;
  return (
    <Stack>
      {round.state === "ready" && project.role !== "annotator" && <Waiting round={round} />}
      <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }}>
        <Figure
          name={t("Holdout accuracy")}
          value={percent(holdout?.accuracy)}
          note={holdout ? plural(holdout.n, "{low} to {high}, {n} item", "{low} to {high}, {n} items", { low: percent(holdout.low), high: percent(holdout.high), n: count(holdout.n) }) : t("nothing held out")}
        />
        <Figure name={t("Test accuracy")} value={percent(test?.accuracy)} note={test ? plural(test.n, "{n} item", "{n} items", { n: count(test.n) }) : t("no test items")} />
        <Figure name={t("Accepted")} value={count(metrics.n_accepted ?? 0)} note={t("{share} of {n}", { share: percent(metrics.share_accepted), n: count(metrics.n_pool ?? 0) })} />
        <Figure name={t("Agreement")} value={percent(metrics.agreement)} note={t("with the round before, all items")} />
        <Figure name={t("Cleanliness")} value={percent(metrics.cleanliness)} note={t("agree, of {n} both were sure of", { n: count(metrics.n_both_confident ?? 0) })} />
        {true_precision && (
          <Figure
            name={t("True precision of the accepted")}
            value={percent(true_precision.accepted, 2)}
            note={t("{low} to {high}, by the true classes imported for benchmarks", { low: percent(true_precision.low, 2), high: percent(true_precision.high, 2) })}
          />
        )}
      </SimpleGrid>
      <ThresholdExplorer project={project} round={round} />
      <RoundCharts project={project} round={round} />
      {measured && <ClassScores evaluation={measured} set={test ? "test" : "holdout"} classes={project.classes} />}
      <GeneratedPanel project={project} round={round} />
      <Panel title={t("Where this model version comes from")}>
        <Table.ScrollContainer minWidth={360}>
          <Table>
            <Table.Tbody>
              {elsewhere ? (
                <>
                  <Fact name={t("Made elsewhere")}>{madeElsewhere({ params: elsewhere })}</Fact>
                  <Fact name={t("Rows with a label")}>{count(elsewhere.n_rows)}</Fact>
                </>
              ) : (
                <>
                  <Fact name={t("Human labels trained on")}>{count(round.n_human)}</Fact>
                  <Fact name={t("Pseudo-labels trained on")}>{count(metrics.n_train_pseudo ?? 0)}</Fact>
                  <Fact name={t("Hash of the labels")}>
                    <Code>{round.labels_hash.slice(0, 16)}</Code>
                  </Fact>
                </>
              )}
              <Fact name={t("Code version")}>
                <Code>{round.code_version}</Code>
              </Fact>
              <Fact name={t("Temperature")}>{round.temperature === null ? t("not calibrated") : decimal(round.temperature, 3)}</Fact>
              {Object.entries(round.seconds).map(([step, seconds]) => (
                <Fact key={step} name={t("Time: {step}", { step: stepName(step) })}>
                  {duration(seconds)}
                </Fact>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
        {elsewhere ? (
          <Text size="sm" c="dimmed" mt="sm">
            {[t("These predictions came by file: nothing was trained here, and there is no model to download."), metrics.calibration && said(metrics.calibration.why), ...elsewhere.sentences.map((one) => said(one))].filter(Boolean).join(" ")}
          </Text>
        ) : (
          <Group justify="space-between" mt="sm">
            <Text size="sm" c="dimmed">
              {t("Weights and JSON in a zip. Three lines of Python use it without Assay: docs/learners/saving.md.")}
            </Text>
            <Button component="a" href={roundModelUrl(round.id)} download variant="default" leftSection={<DownloadIcon size={16} />}>
              {t("Download the model")}
            </Button>
          </Group>
        )}
      </Panel>
    </Stack>
  );
}

/** Of a candidate: how it compares with what stands, and why it was held back. */
function Waiting({ round }: { round: Round }) {
  const beside = useQuery(besideQuery(round.id));
  return (
    <Panel title={t("Beside what stands")} note={t("It is finished and not published. Until somebody publishes it, its labels count for nothing.")}>
      {(round.held_back || round.state_reason) && (
        <Text size="sm" mb="xs">
          {round.held_back ? heldText(round.held_back) : said(round.state_reason)}
        </Text>
      )}
      <Ready query={beside} what={t("the comparison with what stands")}>
        {(data) => <BesideStanding round={round} beside={data} />}
      </Ready>
    </Panel>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <Table.Tr>
      <Table.Td c="dimmed" w={240}>
        {name}
      </Table.Td>
      <Table.Td>{children}</Table.Td>
    </Table.Tr>
  );
}
