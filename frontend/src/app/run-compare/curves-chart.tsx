import type { RoundSummary } from "@/api/types";
import { t } from "@/language/translate";
import { band, categoryAxis, GRID, type Interval, legend, valueAxis } from "@/training/charts/axes";
import { Chart, CHART_COLOURS, type ChartInk } from "@/ui/chart";

export interface Side {
  name: string;
  rounds: readonly RoundSummary[];
}

interface Props {
  label: string;
  sides: readonly [Side, Side];
  value: (round: RoundSummary) => number | null;
  /** Drawn as a band behind each line. */
  interval?: (round: RoundSummary) => Interval | null;
  format: (value: number) => string;
  isShare: boolean;
}

/** The same measure over the rounds of two runs; the second is dashed and has diamonds. */
export function CurvesChart({ label, sides, value, interval, format, isShare }: Props) {
  const n = Math.max(1, ...sides.map((side) => side.rounds.length));
  const looks = [
    { color: CHART_COLOURS.human, symbol: "circle", lineStyle: { type: "solid" as const } },
    { color: CHART_COLOURS.accent, symbol: "diamond", lineStyle: { type: "dashed" as const } },
  ];
  const option = (ink: ChartInk) => ({
    grid: GRID,
    legend: { ...legend(ink), data: sides.map((side) => side.name) },
    tooltip: { trigger: "axis" as const, valueFormatter: (given: unknown) => (typeof given === "number" ? format(given) : "–") },
    xAxis: categoryAxis(
      ink,
      Array.from({ length: n }, (_, i) => String(i + 1)),
      t("round"),
    ),
    yAxis: valueAxis(ink, undefined, { scale: isShare, max: isShare ? 1 : undefined, axisLabel: { color: ink.text, formatter: (given: number) => format(given) } }),
    series: sides.flatMap((side, place) => [
      ...(interval ? band(side.name, side.rounds.map(interval), looks[place]?.color ?? CHART_COLOURS.human) : []),
      {
        name: side.name,
        type: "line" as const,
        symbolSize: 9,
        ...looks[place],
        data: side.rounds.map(value),
      },
    ]),
  });
  return <Chart label={label} option={option} height={230} />;
}
