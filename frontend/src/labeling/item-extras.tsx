/** More columns of the file that an item came from: to be seen, not learned from. */

import styles from "@/labeling/item-extras.module.css";
import type { Item } from "@/api/types";
import { t } from "@/language/translate";

export function ItemExtras({ item }: { item: Item }) {
  const extras = Object.entries(item.extras ?? {});
  if (extras.length === 0) return null;
  return (
    <dl className={styles.extras} aria-label={t("More about the item")} tabIndex={0}>
      {extras.map(([name, value]) => (
        <div key={name} className={styles.extra}>
          <dt dir="auto">{name}</dt>
          <dd dir="auto">{typeof value === "string" ? value : JSON.stringify(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
