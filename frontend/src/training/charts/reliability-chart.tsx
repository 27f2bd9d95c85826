import type { ReliabilityBin } from "@/api/types";
import { plural, t } from "@/language/translate";
import { GRID, legend, valueAxis } from "@/training/charts/axes";
import { Chart } from "@/ui/chart";
import { count, percent } from "@/ui/format";

export interface Curve {
  name: string;
  bins: readonly ReliabilityBin[];
  colour: string;
}

/** Said against true: on the diagonal, "90% sure" is right nine times of ten. Below it the model boasts. */
export function ReliabilityChart({ curves, label }: { curves: readonly Curve[]; label: string }) {
  return (
    <Chart
      label={label}
      option={(ink) => {
        const axis = { min: 0, max: 1, axisLabel: { color: ink.text, formatter: (value: number) => percent(value, 0) } };
        return {
          grid: { ...GRID, bottom: 36 },
          legend: { ...legend(ink), data: curves.map((curve) => curve.name) },
          tooltip: {
            formatter: (point) => {
              const [said, right, n = 0] = ((Array.isArray(point) ? point[0] : point)?.value ?? []) as number[];
              return plural(n, "{said} sure, {right} right ({n} item)", "{said} sure, {right} right ({n} items)", {
                said: percent(said),
                right: percent(right),
                n: count(n),
              });
            },
          },
          xAxis: { ...valueAxis(ink, t("confidence (across), accuracy (up)"), axis), nameGap: 28 },
          yAxis: valueAxis(ink, undefined, axis),
          series: [
            {
              name: t("ideal"),
              type: "line",
              silent: true,
              symbol: "none",
              lineStyle: { type: "dashed", color: ink.line },
              data: [
                [0, 0],
                [1, 1],
              ],
            },
            ...curves.map((curve) => ({
              name: curve.name,
              type: "line" as const,
              color: curve.colour,
              symbolSize: 7,
              data: curve.bins.filter((bin) => bin.n > 0).map((bin) => [bin.confidence, bin.accuracy, bin.n]),
            })),
          ],
        };
      }}
    />
  );
}
