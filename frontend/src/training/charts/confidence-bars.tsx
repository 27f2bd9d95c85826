import { Group, Text } from "@mantine/core";
import { Link } from "react-router";

import type { RoundMetrics } from "@/api/types";
import { plural, t } from "@/language/translate";
import styles from "@/training/charts/cells.module.css";
import { CHART_COLOURS } from "@/ui/chart";
import { count, percent } from "@/ui/format";
import { useRoving } from "@/ui/use-roving";

interface Props {
  histogram: RoundMetrics["confidence_histogram"];
  threshold?: number;
  /** Where the items of a bar are listed: at or above `low`, below `high` (undefined: no bound). */
  addressOf?: (low: number, high: number | undefined) => string;
}

/** How sure the model is of the items in the pool; what lies at or above the threshold is accepted. Bars open their items. */
export function ConfidenceBars({ histogram, threshold, addressOf }: Props) {
  const { edges, counts } = histogram;
  // Nothing below the chance of the most classes: the empty beginning would squeeze the rest.
  const first = Math.max(0, Math.min(counts.findIndex((n) => n > 0), counts.length - 10));
  const nAll = counts.reduce((sum, n) => sum + n, 0);
  const most = Math.max(1, ...counts);
  const roving = useRoving(1, counts.length - first);
  return (
    <>
      <Group justify="space-between" mb={4}>
        <Text size="xs" c="dimmed">
          {plural(most, "highest bar: {n} item", "highest bar: {n} items", { n: count(most) })}
        </Text>
        {threshold !== undefined && (
          <Text size="xs" c="dimmed">
            {t("accepted from {threshold}: purple, with a line on top", { threshold: percent(threshold) })}
          </Text>
        )}
      </Group>
      <div className={styles.bars} role="group" aria-label={t("Histogram of the model's confidence")} onKeyDown={roving.onKeyDown}>
        {counts.slice(first).map((n, place) => {
          const low = edges[first + place] ?? 0;
          const high = edges[first + place + 1] ?? 1;
          const isAccepted = threshold !== undefined && low >= threshold - 1e-9;
          const values = { low: percent(low, 0), high: percent(high, 0), n: count(n) };
          const says = isAccepted
            ? plural(n, "{low} to {high}: {n} item, accepted", "{low} to {high}: {n} items, accepted", values)
            : plural(n, "{low} to {high}: {n} item", "{low} to {high}: {n} items", values);
          const about = {
            className: styles.bar,
            title: says,
            "aria-label": says,
            "data-cell": `0,${place}`,
            "data-empty": n === 0 || undefined,
            "data-accepted": (isAccepted && n > 0) || undefined,
            tabIndex: roving.tabIndex(0, place),
            onFocus: () => roving.onFocus(0, place),
            style: { "--share": n / most, "--bar-colour": isAccepted ? CHART_COLOURS.machine : CHART_COLOURS.muted } as React.CSSProperties,
          };
          return n > 0 && addressOf ? (
            <Link key={place} to={addressOf(low, high < 1 ? high : undefined)} {...about} />
          ) : (
            <span key={place} role="img" {...about} />
          );
        })}
      </div>
      <div className={styles.axis} aria-hidden>
        <span>{percent(edges[first] ?? 0, 0)}</span>
        <span>{t("calibrated confidence")}</span>
        <span>{percent(1, 0)}</span>
      </div>
      <Text size="xs" c="dimmed" mt="xs">
        {addressOf && `${t("A bar opens its items; the arrow keys walk from bar to bar.")} `}
        {plural(nAll, "{n} items in all.", "{n} items in all.", { n: count(nAll) })}
      </Text>
    </>
  );
}
