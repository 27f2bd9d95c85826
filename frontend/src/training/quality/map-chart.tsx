import { SegmentedControl, Stack } from "@mantine/core";
import { useState } from "react";

import type { LabelClass, MapPoint } from "@/api/types";
import { GRID, legend } from "@/training/charts/axes";
import { Chart, CHART_COLOURS } from "@/ui/chart";

const SOURCES = [
  { name: "unlabeled", colour: CHART_COLOURS.muted, symbol: "circle", size: 4 },
  { name: "machine", colour: CHART_COLOURS.machine, symbol: "circle", size: 5 },
  { name: "human", colour: CHART_COLOURS.human, symbol: "diamond", size: 9 },
] as const;

interface Series {
  name: string;
  colour: string;
  symbol: string;
  size: number;
  points: MapPoint[];
}

/** Items on a plane, near ones alike; coloured by who labeled them, or by class. */
export function MapChart({ points, classes }: { points: readonly MapPoint[]; classes: readonly LabelClass[] }) {
  const [by, setBy] = useState<"source" | "class">("source");
  const series = by === "source" ? bySource(points) : byClass(points, classes);
  const nameOf = (id: number | null) => classes.find((one) => one.id === id)?.name ?? "no label";
  return (
    <Stack gap="xs">
      <SegmentedControl
        size="xs"
        value={by}
        onChange={(value) => setBy(value === "class" ? "class" : "source")}
        data={[
          { value: "source", label: "By who labeled it" },
          { value: "class", label: "By class" },
        ]}
      />
      <Chart
        label="Map of the items"
        height={440}
        option={(ink) => ({
          grid: { ...GRID, left: 8, right: 8, bottom: 8 },
          legend: { ...legend(ink), type: "scroll", left: 8 },
          tooltip: {
            formatter: (point) => {
              const [, , item, source, id] = ((Array.isArray(point) ? point[0] : point)?.value ?? []) as [number, number, number, string, number | null];
              return `item ${item}: ${nameOf(id)} (${source})`;
            },
          },
          xAxis: { type: "value", show: false, min: -1.05, max: 1.05 },
          yAxis: { type: "value", show: false, min: -1.05, max: 1.05 },
          series: series.map((one) => ({
            name: one.name,
            type: "scatter" as const,
            color: one.colour,
            symbol: one.symbol,
            symbolSize: one.size,
            itemStyle: { opacity: 0.75 },
            data: one.points.map(([item, x, y, source, id]) => [x, y, item, source, id]),
          })),
        })}
      />
    </Stack>
  );
}

const bySource = (points: readonly MapPoint[]): Series[] =>
  SOURCES.map((one) => ({ ...one, points: points.filter((point) => point[3] === one.name) })).filter((one) => one.points.length > 0);

const byClass = (points: readonly MapPoint[], classes: readonly LabelClass[]): Series[] =>
  [
    { name: "no label", colour: CHART_COLOURS.muted, symbol: "circle", size: 4, points: points.filter((point) => point[4] === null) },
    ...classes.map((one) => ({
      name: one.name,
      colour: one.colour,
      symbol: "circle",
      size: 6,
      points: points.filter((point) => point[4] === one.id),
    })),
  ].filter((one) => one.points.length > 0);
