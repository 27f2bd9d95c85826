import type { RoundSummary } from "@/api/types";
import { plural, t } from "@/language/translate";
import { categoryAxis, GRID, legend, valueAxis } from "@/training/charts/axes";
import { Chart, CHART_COLOURS } from "@/ui/chart";
import { count, percent } from "@/ui/format";

/** What people gave and what the model took over, round by round. */
export function EffortChart({ rounds }: { rounds: readonly RoundSummary[] }) {
  return (
    <Chart
      label={plural(rounds.length, "Coverage and human labels over {n} rounds", "Coverage and human labels over {n} rounds", { n: rounds.length })}
      option={(ink) => ({
        grid: GRID,
        legend: legend(ink),
        tooltip: {
          trigger: "axis",
          formatter: (points) => {
            const round = rounds[(Array.isArray(points) ? points[0] : points)?.dataIndex ?? 0];
            if (!round) return "";
            return [
              `${round.run_number}.${round.number}`,
              t("human labels: {n}", { n: count(round.n_human) }),
              t("coverage: {share}", { share: percent(round.share_accepted) }),
            ].join("<br>");
          },
        },
        xAxis: categoryAxis(ink, rounds.map((round) => `${round.run_number}.${round.number}`), t("run.round")),
        yAxis: [
          valueAxis(ink),
          valueAxis(ink, undefined, {
            min: 0,
            max: 1,
            splitLine: { show: false },
            axisLabel: { color: ink.text, formatter: (value: number) => percent(value, 0) },
          }),
        ],
        series: [
          { name: t("human labels"), type: "bar", color: CHART_COLOURS.human, barMaxWidth: 28, data: rounds.map((round) => round.n_human) },
          {
            name: t("coverage"),
            type: "line",
            yAxisIndex: 1,
            color: CHART_COLOURS.machine,
            lineStyle: { type: "dashed" },
            symbolSize: 7,
            data: rounds.map((round) => round.share_accepted),
          },
        ],
      })}
    />
  );
}
