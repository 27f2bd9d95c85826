/** The one place that imports ECharts, and only the parts that our charts use. */

import {
  BarChart,
  HeatmapChart,
  LineChart,
  ScatterChart,
  type BarSeriesOption,
  type HeatmapSeriesOption,
  type LineSeriesOption,
  type ScatterSeriesOption,
} from "echarts/charts";
import {
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TooltipComponent,
  VisualMapComponent,
  type GridComponentOption,
  type LegendComponentOption,
  type TooltipComponentOption,
  type VisualMapComponentOption,
} from "echarts/components";
import { init, use as register, type ComposeOption, type EChartsType } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";

import type { ChartInk } from "@/ui/chart";

register([
  BarChart,
  HeatmapChart,
  LineChart,
  ScatterChart,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TooltipComponent,
  VisualMapComponent,
  SVGRenderer,
]);

export type ChartOption = ComposeOption<
  | BarSeriesOption
  | HeatmapSeriesOption
  | LineSeriesOption
  | ScatterSeriesOption
  | GridComponentOption
  | LegendComponentOption
  | TooltipComponentOption
  | VisualMapComponentOption
>;

// ECharts measures text by itself, so it must be told the real font.
const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif";

interface Props {
  option: ChartOption;
  ink: ChartInk;
  height: number;
  label: string;
}

export default function EChart({ option, ink, height, label }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(null);

  useEffect(() => {
    if (frame.current === null) return;
    const drawn = init(frame.current, null, { renderer: "svg" });
    chart.current = drawn;
    const watch = new ResizeObserver(() => drawn.resize());
    watch.observe(frame.current);
    return () => {
      watch.disconnect();
      drawn.dispose();
    };
  }, []);

  useEffect(() => {
    chart.current?.setOption(
      {
        animation: false,
        textStyle: { color: ink.text, fontFamily: FONT },
        ...option,
        tooltip: {
          confine: true,
          backgroundColor: ink.background,
          borderColor: ink.line,
          textStyle: { color: ink.text },
          ...(option.tooltip as TooltipComponentOption),
        },
      },
      { notMerge: true },
    );
  }, [option, ink]);

  // ECharts places text by its left end, on pages from right to left too.
  return <div ref={frame} dir="ltr" role="img" aria-label={label} style={{ width: "100%", height }} />;
}
