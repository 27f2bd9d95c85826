import { Group, NumberInput, SimpleGrid, Slider, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { memo, useMemo, useState } from "react";

import type { Confidences, LabelClass, Project, Round } from "@/api/types";
import { plural, t } from "@/language/translate";
import { confidencesQuery } from "@/training/api";
import { ThresholdChart } from "@/training/charts/threshold-chart";
import { classOutcomesAt, explorerOf, outcomeAt, type ClassOutcome } from "@/training/explorer/thresholds";
import { mayListRoundItems, roundItemsAddress } from "@/training/round-items";
import { ClassTag } from "@/ui/class-tag";
import { Figure } from "@/ui/figure";
import { count, decimal, percent, percentWithin } from "@/ui/format";
import { TextLink } from "@/ui/link";
import { Panel } from "@/ui/panel";
import { Ready } from "@/ui/query";

const LOWEST = 0.5;
const HIGHEST = 0.99;
const MARKS = [0.5, 0.6, 0.7, 0.8, 0.9, 0.99];

/** What another threshold would accept of this round, how right that is, and what it leaves to people. */
export function ThresholdExplorer({ project, round }: { project: Project; round: Round }) {
  const counts = useQuery(confidencesQuery(round.id));
  return (
    <Panel
      title={t("Threshold explorer")}
      note={t("What a threshold would accept of this round, and how much of that is right by the holdout. It changes nothing; thresholds are set on the page Training.")}
    >
      <Ready query={counts} what={t("the counts")}>
        {(data) =>
          data.classes.length === 0 ? (
            <Text size="sm" c="dimmed">
              {t("This round was made before predictions were counted by class and confidence; the next round has them.")}
            </Text>
          ) : (
            <Explorer project={project} round={round} counts={data} />
          )
        }
      </Ready>
    </Panel>
  );
}

function Explorer({ project, round, counts }: { project: Project; round: Round; counts: Confidences }) {
  const thresholds = Object.values(round.threshold);
  const own = thresholds.length === 1 ? thresholds[0] : undefined;
  const [threshold, setThreshold] = useState(() => Math.min(HIGHEST, Math.max(LOWEST, Math.round((own ?? 0.95) * 1000) / 1000)));
  const explorer = useMemo(() => explorerOf(counts), [counts]);
  const all = outcomeAt(explorer, threshold);
  const byClass = classOutcomesAt(explorer, threshold);
  const percents = (value: number) => decimal(value, 2);

  return (
    <Stack gap="md">
      <Group align="flex-end" wrap="nowrap" gap="lg">
        <Slider
          style={{ flex: 1 }}
          min={LOWEST}
          max={HIGHEST}
          step={0.01}
          value={threshold}
          onChange={setThreshold}
          label={percents}
          thumbLabel={t("Threshold")}
          marks={MARKS.map((value) => ({ value, label: percents(value) }))}
          mb="lg"
        />
        <NumberInput
          label={t("Threshold")}
          w={100}
          min={LOWEST}
          max={HIGHEST}
          step={0.001}
          decimalScale={3}
          value={threshold}
          onChange={(value) => {
            if (typeof value === "number" && value >= LOWEST && value <= HIGHEST) setThreshold(value);
          }}
        />
      </Group>
      <SimpleGrid cols={{ base: 2, sm: 4 }} aria-live="polite" aria-atomic data-testid="outcome">
        <Figure name={t("Coverage")} value={percent(all.accepted / Math.max(1, all.n))} note={t("{accepted} of {n} accepted", { accepted: count(all.accepted), n: count(all.n) })} />
        <Figure
          name={t("Estimated precision")}
          value={percent(all.precision)}
          note={all.precision === null ? t("no holdout item is that sure") : t("{low} to {high}", { low: percent(all.interval[0]), high: percent(all.interval[1]) })}
        />
        <Figure name={t("Measured on")} value={count(all.held)} note={plural(all.held, "holdout item that sure", "holdout items that sure")} />
        <Figure name={t("To people")} value={count(all.toPeople)} note={plural(all.toPeople, "item below the threshold", "items below the threshold")} />
      </SimpleGrid>
      <ThresholdChart explorer={explorer} threshold={threshold} />
      <Classes project={project} round={round} rows={byClass} threshold={threshold} />
      <Text size="xs" c="dimmed">
        {t(
          "Precision: the share of {items} at or above the threshold that the model named as people did, with the exact 95% interval (Clopper and Pearson). It holds for one threshold chosen beforehand, not for the best-looking of many; a certificate proves what a chosen one keeps.",
          { items: plural(counts.n_holdout, "{n} holdout item", "{n} holdout items", { n: count(counts.n_holdout) }) },
        )}
      </Text>
    </Stack>
  );
}

interface ClassesProps {
  project: Project;
  round: Round;
  rows: readonly ClassOutcome[];
  threshold: number;
}

function Classes({ project, round, rows, threshold }: ClassesProps) {
  return (
    <Table.ScrollContainer minWidth={520} mah={420}>
      <Table stickyHeader aria-label={t("By class")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("Predicted class")}</Table.Th>
            <Table.Th>{t("Coverage")}</Table.Th>
            <Table.Th>{t("Precision (95% interval)")}</Table.Th>
            <Table.Th>{t("Holdout")}</Table.Th>
            <Table.Th>{t("To people")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <ClassRow
              key={row.classId}
              projectId={project.id}
              roundId={round.id}
              of={project.classes.find((one) => one.id === row.classId)}
              isLinked={mayListRoundItems(project, round)}
              threshold={threshold}
              {...row}
            />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

type RowProps = Omit<ClassOutcome, "interval"> & {
  interval: ClassOutcome["interval"];
  projectId: number;
  roundId: number;
  of: LabelClass | undefined;
  isLinked: boolean;
  threshold: number;
};

const ClassRow = memo(function ClassRow({ projectId, roundId, of, isLinked, threshold, ...row }: RowProps) {
  const toPeople = count(row.toPeople);
  return (
    <Table.Tr>
      <Table.Td>{of ? <ClassTag name={of.name} colour={of.colour} /> : t("class {id}", { id: row.classId })}</Table.Td>
      <Table.Td>
        {percent(row.n === 0 ? null : row.accepted / row.n)}{" "}
        <Text span size="sm" c="dimmed">
          ({t("{n} of {total}", { n: count(row.accepted), total: count(row.n) })})
        </Text>
      </Table.Td>
      <Table.Td>
        {row.precision === null ? t("not known") : percentWithin(row.precision, row.interval[0], row.interval[1])}
      </Table.Td>
      <Table.Td>{count(row.held)}</Table.Td>
      <Table.Td>
        {isLinked && row.toPeople > 0 ? (
          <TextLink size="sm" to={roundItemsAddress(projectId, roundId, { predicted: row.classId, confidence_below: threshold })}>
            {toPeople}
          </TextLink>
        ) : (
          toPeople
        )}
      </Table.Td>
    </Table.Tr>
  );
});
