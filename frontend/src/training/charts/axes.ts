/** What the axes of all charts have in common. */

import type { RoundSummary } from "@/api/types";
import type { ChartInk } from "@/ui/chart";

export const GRID = { left: 8, right: 16, top: 36, bottom: 28, containLabel: true };

const looks = (ink: ChartInk) => ({
  axisLabel: { color: ink.text },
  axisLine: { lineStyle: { color: ink.line } },
  splitLine: { lineStyle: { color: ink.line, opacity: 0.5 } },
  nameTextStyle: { color: ink.text },
  nameLocation: "middle" as const,
});

export const categoryAxis = (ink: ChartInk, data: string[], name?: string) => ({
  type: "category" as const,
  data,
  name,
  nameGap: 28,
  ...looks(ink),
});

export const valueAxis = (ink: ChartInk, name?: string, options: object = {}) => ({
  type: "value" as const,
  name,
  nameGap: 44,
  ...looks(ink),
  ...options,
});

export const legend = (ink: ChartInk) => ({ textStyle: { color: ink.text }, top: 0, right: 8, itemWidth: 14, itemHeight: 10 });

export type Interval = readonly [low: number, high: number];

/** The 95% interval of a round's accuracy on the holdout. */
export const holdoutInterval = ({ low, high }: RoundSummary): Interval | null => (low === null || high === null ? null : [low, high]);

/** A band behind a line. ECharts draws it as two stacked lines of which the lower is not seen. */
export function band(name: string, intervals: readonly (Interval | null)[], colour: string) {
  const line = (part: string, data: (number | null)[]) => ({
    name: `${name}, ${part}`,
    type: "line" as const,
    data,
    stack: name,
    symbol: "none",
    silent: true,
    lineStyle: { opacity: 0 },
    tooltip: { show: false },
  });
  return [
    line("low", intervals.map((one) => one && one[0])),
    { ...line("interval", intervals.map((one) => one && one[1] - one[0])), areaStyle: { color: colour, opacity: 0.18 } },
  ];
}
