/** An item in little, to compare with: its image, how its text begins, its curve, or its first values. */

import type { Item } from "@/api/types";
import { SeriesPlot } from "@/labeling/series-plot";
import styles from "@/review/small-item.module.css";

const N_CHARS = 160;
const N_VALUES = 4;

export function SmallItem({ item }: { item: Item }) {
  if (item.image) {
    return (
      <img
        src={item.image.thumbnail_url}
        alt={item.key}
        className={styles.image}
        data-small={Math.max(item.image.width, item.image.height) <= 96 || undefined}
      />
    );
  }
  if (Array.isArray(item.features)) return <SeriesPlot values={item.features} isSmall />;
  const text = item.text ?? Object.entries(item.features ?? {}).slice(0, N_VALUES).map(([name, value]) => `${name} ${String(value ?? "–")}`).join(", ");
  return (
    <span className={styles.text} dir="auto">
      {text.slice(0, N_CHARS)}
    </span>
  );
}
