/** What the axes of all charts have in common. */

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
