import type { ReliabilityBin } from "@/api/types";
import { GRID, legend, valueAxis } from "@/training/charts/axes";
import { Chart } from "@/ui/chart";
import { counted, percent } from "@/ui/format";

export interface Curve {
  name: string;
  bins: readonly ReliabilityBin[];
  colour: string;
}

/** Said against true: on the diagonal, "90% sure" is right nine times of ten. Below it the model boasts. */
export function ReliabilityChart({ curves, on }: { curves: readonly Curve[]; on: string }) {
  return (
    <Chart
      label={`Reliability: confidence against accuracy on ${on}`}
      option={(ink) => {
        const axis = { min: 0, max: 1, axisLabel: { color: ink.text, formatter: (value: number) => percent(value, 0) } };
        return {
          grid: { ...GRID, bottom: 36 },
          legend: { ...legend(ink), data: curves.map((curve) => curve.name) },
          tooltip: {
            formatter: (point) => {
              const [said, right, n] = ((Array.isArray(point) ? point[0] : point)?.value ?? []) as number[];
              return `${percent(said)} sure, ${percent(right)} right (${counted(n ?? 0, "item")})`;
            },
          },
          xAxis: { ...valueAxis(ink, "confidence (across), accuracy (up)", axis), nameGap: 28 },
          yAxis: valueAxis(ink, undefined, axis),
          series: [
            {
              name: "ideal",
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
