import { SegmentedControl } from "@mantine/core";
import { useState } from "react";

import type { LabelClass } from "@/api/types";
import { t } from "@/language/translate";
import { categoryAxis, GRID, legend, valueAxis } from "@/training/charts/axes";
import { Chart, CHART_COLOURS } from "@/ui/chart";
import { count, percent } from "@/ui/format";

interface ClassCount {
  class_id: number;
  n_human: number;
  n_machine: number;
}

/** Labels by class, people's beside the model's: as counts, or each as shares of its own, where a shift stands out. */
export function ClassChart({ counts, classes }: { counts: readonly ClassCount[]; classes: readonly LabelClass[] }) {
  const [unit, setUnit] = useState("items");
  const of = (id: number) => counts.find((one) => one.class_id === id);
  const totals = {
    human: Math.max(1, counts.reduce((sum, one) => sum + one.n_human, 0)),
    machine: Math.max(1, counts.reduce((sum, one) => sum + one.n_machine, 0)),
  };
  const isShare = unit === "share";
  const human = classes.map((one) => (of(one.id)?.n_human ?? 0) / (isShare ? totals.human : 1));
  const machine = classes.map((one) => (of(one.id)?.n_machine ?? 0) / (isShare ? totals.machine : 1));
  const shown = (value: number) => (isShare ? percent(value) : count(value));
  return (
    <>
      <SegmentedControl
        size="xs"
        aria-label={t("Labels by class as")}
        value={unit}
        onChange={setUnit}
        data={[
          { value: "items", label: t("Items") },
          { value: "share", label: t("Share of each") },
        ]}
      />
      <Chart
        label={t("Labels by class, of people and of the model")}
        option={(ink) => ({
          grid: GRID,
          legend: legend(ink),
          tooltip: {
            trigger: "axis",
            axisPointer: { type: "shadow" },
            valueFormatter: (value) => (typeof value === "number" ? shown(value) : "–"),
          },
          xAxis: {
            ...categoryAxis(ink, classes.map((one) => one.name)),
            axisLabel: { color: ink.text, hideOverlap: true, rotate: classes.length > 8 ? 35 : 0 },
          },
          yAxis: valueAxis(ink, undefined, isShare ? { axisLabel: { color: ink.text, formatter: (value: number) => percent(value, 0) } } : {}),
          series: [
            { name: t("people"), type: "bar", barMaxWidth: 36, color: CHART_COLOURS.human, data: human },
            { name: t("model"), type: "bar", barMaxWidth: 36, color: CHART_COLOURS.machine, data: machine },
          ],
        })}
      />
    </>
  );
}
