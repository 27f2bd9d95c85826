import { Stack, Table, Text } from "@mantine/core";

import type { Drift, FeatureShift, Findings } from "@/api/types";
import { LANGUAGE } from "@/language/languages";
import { said } from "@/ui/server-says";
import { t } from "@/language/translate";
import { categoryAxis, GRID, legend, valueAxis } from "@/training/charts/axes";
import { Chart, CHART_COLOURS } from "@/ui/chart";
import { count, decimal, percent, percentWithin } from "@/ui/format";
import { Panel } from "@/ui/panel";

const SHOWN = 12;

/** Whether the labeled items look like the pool: as a whole, feature by feature, and by pixel intensity. */
export function DriftPanel({ found }: { found: Findings["drift"] }) {
  const { two_sample, features = [], n_features = 0, intensity } = found;
  return (
    <Panel title={t("Labeled items against the pool")} isTall note={said(found.sentence)}>
      <Stack gap="sm">
        {two_sample && (
          <Text size="sm">
            {t("Told apart in {share} of {n} cases; by chance alone with probability {p}.", {
              share: percentWithin(two_sample.accuracy, two_sample.low, two_sample.high),
              n: count(two_sample.n),
              p: probability(two_sample.p_value),
            })}
          </Text>
        )}
        {intensity && <IntensityChart intensity={intensity} />}
        {features.length > 0 && (
          <Table.ScrollContainer minWidth={420}>
            <Table>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t("Feature")}</Table.Th>
                  <Table.Th>{t("Labeled")}</Table.Th>
                  <Table.Th>{t("Pool")}</Table.Th>
                  <Table.Th>{t("Shift")}</Table.Th>
                  <Table.Th>{t("p, adjusted")}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {features.slice(0, SHOWN).map((one) => (
                  <Table.Tr key={one.name} fw={one.is_shifted ? 650 : undefined}>
                    <Table.Td dir="auto">
                      {one.name}
                      {one.category && ` = ${one.category}`}
                    </Table.Td>
                    <Table.Td>{typical(one, one.labeled)}</Table.Td>
                    <Table.Td>{typical(one, one.pool)}</Table.Td>
                    <Table.Td>{decimal(one.statistic, 2)}</Table.Td>
                    <Table.Td>{probability(one.p_value)}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
        {n_features > SHOWN && (
          <Text size="xs" c="dimmed">
            {t("The most shifted {n} of {total} features.", { n: SHOWN, total: count(n_features) })}
          </Text>
        )}
      </Stack>
    </Panel>
  );
}

const threeDigits = new Intl.NumberFormat(LANGUAGE, { maximumSignificantDigits: 3, useGrouping: false });
const probability = (p: number) => (p < 0.001 ? t("under {n}", { n: decimal(0.001, 3) }) : decimal(p, 3));
const typical = (shift: FeatureShift, value: number) => (shift.kind === "category" ? percent(value) : threeDigits.format(value));

function IntensityChart({ intensity }: { intensity: NonNullable<Drift["intensity"]> }) {
  const width = 256 / intensity.labeled.length;
  return (
    <Chart
      label={t("Share of pixels by intensity, of labeled items and of the pool")}
      height={200}
      option={(ink) => ({
        grid: GRID,
        legend: legend(ink),
        tooltip: { trigger: "axis" },
        xAxis: categoryAxis(ink, intensity.labeled.map((_, place) => String(place * width))),
        yAxis: valueAxis(ink, undefined, { axisLabel: { color: ink.text, formatter: (value: number) => percent(value, 0) } }),
        series: [
          { name: t("labeled"), type: "line", step: "middle", symbol: "none", color: CHART_COLOURS.human, data: intensity.labeled },
          { name: t("pool"), type: "line", step: "middle", symbol: "none", color: CHART_COLOURS.muted, data: intensity.pool },
        ],
      })}
    />
  );
}
