import { categoryAxis } from "@/training/charts/axes";
import { Chart } from "@/ui/chart";
import { percent } from "@/ui/format";

/** Rows are the truth, columns what the model said; shaded by the share of the row. */
export function ConfusionChart({ confusion, names }: { confusion: number[][]; names: string[] }) {
  const n = names.length;
  const totals = confusion.map((row) => row.reduce((sum, value) => sum + value, 0));
  const share = (truth: number, said: number) => (confusion[truth]?.[said] ?? 0) / Math.max(1, totals[truth] ?? 0);
  const cells = confusion.flatMap((row, truth) => row.map((_, said) => [said, n - 1 - truth, share(truth, said)]));

  return (
    <Chart
      height={Math.min(620, 120 + n * 32)}
      label={`Confusion matrix of ${n} classes`}
      option={(ink) => ({
        grid: { left: 8, right: 12, top: 8, bottom: 36, containLabel: true },
        tooltip: {
          formatter: (point) => {
            const [said = 0, row = 0] = (Array.isArray(point) ? point[0] : point)?.value as number[];
            const truth = n - 1 - row;
            return `Truth ${names[truth]}, said ${names[said]}: ${confusion[truth]?.[said]} (${percent(share(truth, said))})`;
          },
        },
        xAxis: { ...categoryAxis(ink, names, "the model said"), axisLabel: { color: ink.text, rotate: n > 8 ? 45 : 0, hideOverlap: true } },
        yAxis: { ...categoryAxis(ink, [...names].reverse()), axisLabel: { color: ink.text, hideOverlap: true } },
        visualMap: { show: false, min: 0, max: 1, inRange: { color: [ink.background, "#0f9b8e"] } },
        series: [
          {
            type: "heatmap",
            data: cells,
            label: {
              show: n <= 12,
              color: ink.text,
              formatter: (point) => {
                const [said = 0, row = 0] = point.value as number[];
                const value = confusion[n - 1 - row]?.[said] ?? 0;
                return value === 0 ? "" : String(value);
              },
            },
            itemStyle: { borderColor: ink.line, borderWidth: 1 },
          },
        ],
      })}
    />
  );
}
