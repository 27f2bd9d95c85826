import type { Moment } from "@/api/types";
import { msg, t } from "@/language/translate";
import { GRID, legend, valueAxis } from "@/training/charts/axes";
import { Chart, CHART_COLOURS } from "@/ui/chart";
import { count, when } from "@/ui/format";

const PARTS = [
  { name: msg("people"), of: (moment: Moment) => moment.n_human, colour: CHART_COLOURS.human, line: "solid" },
  { name: msg("model"), of: (moment: Moment) => moment.n_machine, colour: CHART_COLOURS.machine, line: "dashed" },
  { name: msg("nobody yet"), of: (moment: Moment) => moment.n_unlabeled, colour: CHART_COLOURS.muted, line: "dotted" },
] as const;

/** Items by whose label stood for them, over the life of the project, one on the other. */
export function TimelineChart({ moments }: { moments: readonly Moment[] }) {
  return (
    <Chart
      label={t("Items by whose label stands, over time")}
      option={(ink) => ({
        grid: GRID,
        legend: legend(ink),
        tooltip: {
          trigger: "axis",
          formatter: (points) => {
            const rows = Array.isArray(points) ? points : [points];
            const moment = moments[rows[0]?.dataIndex ?? 0];
            if (!moment) return "";
            return [when(moment.at), ...PARTS.map((part) => `${t(part.name)}: ${count(part.of(moment))}`)].join("<br>");
          },
        },
        xAxis: { ...valueAxis(ink), type: "time", splitLine: { show: false }, axisLabel: { color: ink.text, hideOverlap: true } },
        yAxis: valueAxis(ink),
        series: PARTS.map((part) => ({
          name: t(part.name),
          type: "line" as const,
          stack: "items",
          step: "end" as const,
          symbol: "none",
          color: part.colour,
          lineStyle: { type: part.line, width: 2 },
          areaStyle: { opacity: 0.35 },
          data: moments.map((moment) => [moment.at, part.of(moment)]),
        })),
      })}
    />
  );
}
