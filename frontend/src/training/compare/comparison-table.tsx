import { Table, Text } from "@mantine/core";

import type { ComparisonRow, Estimate, Learner, Score } from "@/api/types";
import { msg, t, tc } from "@/language/translate";
import { bytes, count, decimal, duration, percent, words } from "@/ui/format";

const SCORES = [
  { key: "accuracy", title: msg("Accuracy"), show: (value: number) => percent(value) },
  { key: "macro_f1", title: msg("Macro F1"), show: (value: number) => percent(value) },
  { key: "log_loss", title: msg("Log-loss"), show: (value: number) => decimal(value, 3) },
  { key: "ece", title: msg("Calibration error"), show: (value: number) => percent(value) },
] as const;

/** Means with their 95% intervals; the best is marked only where it is the best beyond chance. */
export function ComparisonTable({ rows, learners }: { rows: readonly ComparisonRow[]; learners: readonly Learner[] }) {
  const title = (name: string) => learners.find((one) => one.name === name)?.title ?? words(name);
  return (
    <>
      <Table.ScrollContainer minWidth={900}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("Learner")}</Table.Th>
              <Table.Th>{t("Labels")}</Table.Th>
              <Table.Th>{t("Seeds")}</Table.Th>
              {SCORES.map((score) => (
                <Table.Th key={score.key}>{t(score.title)}</Table.Th>
              ))}
              <Table.Th>{tc("time to train", "Fit")}</Table.Th>
              <Table.Th>{t("Peak memory")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr key={`${row.learner} ${row.n_labels}`}>
                <Table.Td>
                  {title(row.learner)}
                  {row.errors.map((sentence) => (
                    <Text size="xs" c="red" key={sentence}>
                      {sentence}
                    </Text>
                  ))}
                </Table.Td>
                <Table.Td>{row.n_labels === null ? t("all") : count(row.n_labels)}</Table.Td>
                <Table.Td>{row.n_seeds}</Table.Td>
                {SCORES.map(({ key, show }) => (
                  <Table.Td key={key}>{row.metrics ? <ScoreCell score={row.metrics[key]} show={show} /> : "–"}</Table.Td>
                ))}
                <Table.Td>{row.fit_seconds ? duration(row.fit_seconds.mean) : "–"}</Table.Td>
                <Table.Td>{row.peak_bytes ? bytes(row.peak_bytes.mean) : "–"}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Text size="xs" c="dimmed" mt="xs">
        {t("Mean and 95% interval over seeds and measured items. Bold: better than every other learner beyond chance, paired by seed and item. Grey: cannot be told from the best. No bold in a column: label more for measuring, or take more seeds.")}
      </Text>
    </>
  );
}

function ScoreCell({ score, show }: { score: Score; show: (value: number) => string }) {
  const within = ({ low, high }: Estimate) => t("{low} to {high}", { low: show(low), high: show(high) });
  const behind = score.behind && t("{share} behind the best ({range})", { share: show(score.behind.mean), range: within(score.behind) });
  return (
    <div title={behind ?? undefined}>
      <Text size="sm" fw={score.is_best ? 700 : 400} c={score.is_level && !score.is_best ? "dimmed" : undefined}>
        {show(score.mean)}
        {score.is_best && " ★"}
      </Text>
      <Text size="xs" c="dimmed">
        {within(score)}
      </Text>
    </div>
  );
}
