import type { RoundSummary } from "@/api/types";
import { plural, t } from "@/language/translate";
import { band, categoryAxis, GRID, holdoutInterval, legend, valueAxis } from "@/training/charts/axes";
import { Chart, CHART_COLOURS } from "@/ui/chart";
import { percent } from "@/ui/format";

/** Accuracy over rounds: on the holdout with its 95% interval, and on the test items where there are some. */
export function AccuracyChart({ rounds }: { rounds: readonly RoundSummary[] }) {
  const measured = rounds.filter((round) => round.holdout_accuracy !== null || round.test_accuracy !== null);
  const names = measured.map((round) => `${round.run_number}.${round.number}`);
  const hasTest = measured.some((round) => round.test_accuracy !== null);
  const floor = measured.reduce((low, round) => Math.min(low, round.low ?? 1, round.holdout_accuracy ?? 1, round.test_accuracy ?? 1), 1);
  const interval = floor < 0.75 ? 0.1 : 0.05;
  const min = Math.min(0.95, Math.floor(floor / interval + 1e-9) * interval);
  const [holdout, test] = [t("holdout"), t("test")];

  return (
    <Chart
      label={plural(measured.length, "Accuracy over {n} rounds", "Accuracy over {n} rounds", { n: measured.length })}
      option={(ink) => ({
        grid: GRID,
        legend: { ...legend(ink), data: hasTest ? [holdout, test] : [holdout] },
        tooltip: { trigger: "axis", valueFormatter: (value) => (typeof value === "number" ? percent(value) : "–") },
        xAxis: categoryAxis(ink, names, t("run.round")),
        yAxis: valueAxis(ink, undefined, {
          min,
          max: 1,
          interval,
          axisLabel: { color: ink.text, formatter: (value: number) => percent(value, 0) },
        }),
        series: [
          ...band("holdout", measured.map(holdoutInterval), CHART_COLOURS.human),
          {
            name: holdout,
            type: "line",
            data: measured.map((round) => round.holdout_accuracy),
            symbolSize: 7,
            color: CHART_COLOURS.human,
          },
          ...(hasTest
            ? [
                {
                  name: test,
                  type: "line" as const,
                  data: measured.map((round) => round.test_accuracy),
                  symbolSize: 7,
                  color: CHART_COLOURS.accent,
                },
              ]
            : []),
        ],
      })}
    />
  );
}
