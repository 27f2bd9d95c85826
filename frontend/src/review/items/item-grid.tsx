import type { Item, Project, RoundItem } from "@/api/types";
import styles from "@/review/items/item-grid.module.css";
import { LabelCell } from "@/review/items/label-cell";
import { SaidCell } from "@/review/items/said-cell";
import { RelabelSelect } from "@/review/items/relabel-select";
import { TextLink } from "@/ui/link";

/** Images side by side, each with the label that stands. */
export function ItemGrid({ project, items }: { project: Project; items: readonly (Item | RoundItem)[] }) {
  return (
    <ul className={styles.grid}>
      {items.map((item) => (
        <li key={item.id} className={styles.cell}>
          <TextLink to={`/projects/${project.id}/items/${item.id}`} size="xs" className={styles.link}>
            {item.image && (
              <img
                src={item.image.thumbnail_url}
                alt=""
                loading="lazy"
                className={styles.image}
                data-small={Math.max(item.image.width, item.image.height) <= 96 || undefined}
              />
            )}
            <span className={styles.key} dir="auto">
              {item.key}
            </span>
          </TextLink>
          <LabelCell label={item.label} isWithheld={item.is_withheld} classes={project.classes} />
          {"said" in item && <SaidCell said={item.said} classes={project.classes} />}
          <RelabelSelect project={project} item={item} />
        </li>
      ))}
    </ul>
  );
}
