import type { LabelClass } from "@/api/types";
import { categoryAxis, GRID, legend, valueAxis } from "@/training/charts/axes";
import { Chart, CHART_COLOURS } from "@/ui/chart";

interface ClassCount {
  class_id: number;
  n_human: number;
  n_machine: number;
}

/** Labels by class: people's beside the model's, so that a class which the model avoids stands out. */
export function ClassChart({ counts, classes }: { counts: readonly ClassCount[]; classes: readonly LabelClass[] }) {
  const of = (id: number) => counts.find((one) => one.class_id === id);
  return (
    <Chart
      label="Labels by class, of people and of the model"
      option={(ink) => ({
        grid: GRID,
        legend: legend(ink),
        tooltip: { trigger: "axis", axisPointer: { type: "shadow" } },
        xAxis: {
          ...categoryAxis(ink, classes.map((one) => one.name)),
          axisLabel: { color: ink.text, hideOverlap: true, rotate: classes.length > 8 ? 35 : 0 },
        },
        yAxis: valueAxis(ink),
        series: [
          { name: "people", type: "bar", stack: "all", color: CHART_COLOURS.human, data: classes.map((one) => of(one.id)?.n_human ?? 0) },
          { name: "model", type: "bar", stack: "all", color: CHART_COLOURS.machine, data: classes.map((one) => of(one.id)?.n_machine ?? 0) },
        ],
      })}
    />
  );
}
