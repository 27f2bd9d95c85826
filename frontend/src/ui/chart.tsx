import { Skeleton, useComputedColorScheme, useMantineTheme } from "@mantine/core";
import type { ChartOption } from "@/ui/echart";
import { lazily } from "@/ui/lazily";

const echart = lazily(async () => (await import("@/ui/echart")).default, ({ height }) => <Skeleton height={height} />);

/** Colours that charts share: people, model, and what is measured; readable on light and dark. */
export const CHART_COLOURS = { human: "#0f9b8e", machine: "#8b6cf0", accent: "#e8833a", calm: "#5b8def", muted: "#9aa3ad" };

export interface ChartInk {
  text: string;
  line: string;
  background: string;
}

/** A chart; the library comes in a chunk of its own, when the first chart is drawn. */
export function Chart({ option, height = 260, label }: { option: (ink: ChartInk) => ChartOption; height?: number; label: string }) {
  const scheme = useComputedColorScheme("light");
  const { colors } = useMantineTheme();
  const ink =
    scheme === "dark"
      ? { text: colors.dark[1], line: colors.dark[4], background: colors.dark[6] }
      : { text: colors.gray[7], line: colors.gray[3], background: "#ffffff" };
  return <echart.Part option={option(ink)} ink={ink} height={height} label={label} />;
}
