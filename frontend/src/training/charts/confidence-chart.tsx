import type { RoundMetrics } from "@/api/types";
import { categoryAxis, GRID, valueAxis } from "@/training/charts/axes";
import { Chart, CHART_COLOURS } from "@/ui/chart";
import { counted, percent } from "@/ui/format";

/** How sure the model is of the items in the pool; what lies at or above the threshold is accepted. */
export function ConfidenceChart({ histogram, threshold }: { histogram: RoundMetrics["confidence_histogram"]; threshold?: number }) {
  const { edges, counts } = histogram;
  const colour = (i: number) => (threshold !== undefined && (edges[i] ?? 0) >= threshold - 1e-9 ? CHART_COLOURS.machine : CHART_COLOURS.muted);
  return (
    <Chart
      label="Histogram of the model's confidence"
      option={(ink) => ({
        grid: GRID,
        tooltip: {
          formatter: (point) => {
            const i = (Array.isArray(point) ? point[0] : point)?.dataIndex ?? 0;
            return `${percent(edges[i], 0)} to ${percent(edges[i + 1], 0)}: ${counted(counts[i] ?? 0, "item")}`;
          },
        },
        xAxis: categoryAxis(ink, counts.map((_, i) => percent(edges[i], 0)), "calibrated confidence"),
        yAxis: valueAxis(ink),
        series: [{ type: "bar", barCategoryGap: "8%", data: counts.map((value, i) => ({ value, itemStyle: { color: colour(i) } })) }],
      })}
    />
  );
}
