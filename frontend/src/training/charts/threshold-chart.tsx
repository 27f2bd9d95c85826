import { useMemo } from "react";

import { t } from "@/language/translate";
import { outcomeAt, type Explorer } from "@/training/explorer/thresholds";
import { GRID, legend, valueAxis } from "@/training/charts/axes";
import { Chart, CHART_COLOURS } from "@/ui/chart";
import { decimal, percent } from "@/ui/format";

const THRESHOLDS = Array.from({ length: 50 }, (_, step) => (50 + step) / 100);

/** Coverage and precision over thresholds; the price of one in the other. */
export function ThresholdChart({ explorer, threshold }: { explorer: Explorer; threshold: number }) {
  const curve = useMemo(() => THRESHOLDS.map((at) => ({ at, ...outcomeAt(explorer, at) })), [explorer]);
  const floor = Math.min(1, ...curve.filter((row) => row.precision !== null).map((row) => row.interval[0]), ...curve.map((row) => row.accepted / Math.max(1, row.n)));
  return (
    <Chart
      height={220}
      label={t("Coverage and estimated precision by threshold")}
      option={(ink) => ({
        grid: GRID,
        legend: { ...legend(ink), data: [t("coverage"), t("precision")] },
        tooltip: { trigger: "axis", valueFormatter: (value) => (typeof value === "number" ? percent(value) : "–") },
        xAxis: valueAxis(ink, undefined, { min: 0.5, max: 0.99, axisLabel: { color: ink.text, formatter: (value: number) => decimal(value, 2) } }),
        yAxis: valueAxis(ink, undefined, {
          min: Math.floor(floor * 10) / 10,
          max: 1,
          axisLabel: { color: ink.text, formatter: (value: number) => percent(value, 0) },
        }),
        series: [
          edge("low", curve.map((row) => [row.at, row.precision === null ? null : row.interval[0]])),
          {
            ...edge("high", curve.map((row) => [row.at, row.precision === null ? null : row.interval[1] - row.interval[0]])),
            areaStyle: { color: CHART_COLOURS.human, opacity: 0.18 },
          },
          {
            name: t("coverage"),
            type: "line",
            symbol: "none",
            color: CHART_COLOURS.machine,
            lineStyle: { type: "dashed" },
            data: curve.map((row) => [row.at, row.accepted / Math.max(1, row.n)]),
            markLine: {
              silent: true,
              symbol: "none",
              label: { show: false },
              lineStyle: { color: ink.text, type: "solid" },
              data: [{ xAxis: threshold }],
            },
          },
          {
            name: t("precision"),
            type: "line",
            symbol: "none",
            color: CHART_COLOURS.human,
            data: curve.map((row) => [row.at, row.precision]),
          },
        ],
      })}
    />
  );
}

/** The lower and the upper side of a band: two stacked lines of which neither is seen. */
const edge = (name: string, data: (number | null)[][]) => ({
  name,
  type: "line" as const,
  data,
  stack: "interval",
  symbol: "none",
  silent: true,
  lineStyle: { opacity: 0 },
  tooltip: { show: false },
});
