/** A series as lines over its steps, one a channel. Plain SVG: the review page loads no chart library. */

import { t } from "@/language/translate";
import { significant } from "@/ui/format";

const WIDTH = 800;
const HEIGHT = 320;
const MARGIN = 36;
const COLOURS = ["#0f766e", "#c2410c", "#6d28d9", "#0369a1", "#a16207", "#be185d"];

/** (time) or (time, channels) as one list of values a channel. */
function channelsOf(values: number[] | number[][]): number[][] {
  const [first] = values;
  if (!Array.isArray(first)) return [values as number[]];
  return first.map((_, channel) => (values as number[][]).map((row) => row[channel] ?? Number.NaN));
}

export function SeriesPlot({ values, isSmall = false }: { values: number[] | number[][]; isSmall?: boolean }) {
  const channels = channelsOf(values);
  const all = channels.flat().filter(Number.isFinite);
  if (all.length === 0) return <p>{t("This series is empty.")}</p>;
  const low = all.reduce((a, b) => Math.min(a, b));
  const high = all.reduce((a, b) => Math.max(a, b));
  const span = high - low || 1;
  const n = values.length;
  const x = (step: number) => MARGIN + (step / Math.max(1, n - 1)) * (WIDTH - 2 * MARGIN);
  const y = (value: number) => HEIGHT - MARGIN - ((value - low) / span) * (HEIGHT - 2 * MARGIN);
  const shown = (value: number) => significant(value, 4);

  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      style={{ width: "100%", maxWidth: "60rem", maxHeight: "100%" }}
      direction="ltr"
      role="img"
      aria-label={t("Series of {n} steps, from {low} to {high}", { n, low: shown(low), high: shown(high) })}
    >
      {!isSmall && (<g stroke="var(--mantine-color-default-border)" fill="var(--mantine-color-dimmed)" fontSize={12}>
        <line x1={MARGIN} y1={y(low)} x2={WIDTH - MARGIN} y2={y(low)} />
        <line x1={MARGIN} y1={y(high)} x2={WIDTH - MARGIN} y2={y(high)} />
        <g stroke="none">
          <text x={MARGIN} y={y(high) - 6}>
            {shown(high)}
          </text>
          <text x={MARGIN} y={y(low) + 16}>
            {shown(low)}
          </text>
          <text x={WIDTH - MARGIN} y={y(low) + 16} textAnchor="end">
            {t("step {n}", { n })}
          </text>
        </g>
      </g>)}
      {channels.map((channel, i) => (
        <polyline
          key={i}
          fill="none"
          stroke={COLOURS[i % COLOURS.length]}
          strokeWidth={isSmall ? 6 : 2}
          strokeLinejoin="round"
          points={channel.map((value, step) => (Number.isFinite(value) ? `${x(step)},${y(value)}` : "")).join(" ")}
        />
      ))}
    </svg>
  );
}
