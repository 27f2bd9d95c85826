/** Beside the guess: the labeled items that are most like this one, and the words that weigh most for the model. */

import type { Explanation, Project } from "@/api/types";
import { t } from "@/language/translate";
import styles from "@/review/item-help.module.css";
import { SmallItem } from "@/review/small-item";
import { ClassTag } from "@/ui/class-tag";
import { percent } from "@/ui/format";

export function ItemHelp({ project, explanation }: { project: Project; explanation: Explanation }) {
  const { nearest, words } = explanation;
  return (
    <aside className={styles.help} aria-label={t("What may help")}>
      {words !== null && words.length > 0 && (
        <section aria-labelledby="weighty-words">
          <h2 id="weighty-words" className={styles.title}>
            {t("Words that weigh most")}
          </h2>
          <ul className={styles.words}>
            {words.map(({ word }) => (
              <li key={word} dir="auto">
                {word}
              </li>
            ))}
          </ul>
        </section>
      )}
      {nearest.length > 0 && (
        <section aria-labelledby="nearest-items">
          <h2 id="nearest-items" className={styles.title}>
            {t("Nearest that people labeled")}
          </h2>
          <ul className={styles.nearest} data-type={project.item_type}>
            {nearest.map(({ item, similarity }) => {
              const said = project.classes.find((one) => one.id === item.label?.class_id);
              return (
                <li key={item.id}>
                  <a href={`/projects/${project.id}/items/${item.id}`} target="_blank" rel="noreferrer" className={styles.link} title={item.key}>
                    <SmallItem item={item} />
                  </a>
                  <span className={styles.said}>
                    {said && <ClassTag name={said.name} colour={said.colour} size="xs" />}
                    <span className={styles.similarity} title={t("How alike, by the model's features: 100% is the same")}>
                      {percent(Math.max(0, similarity), 0)}
                    </span>
                  </span>
                </li>
              );
            })}
          </ul>
        </section>
      )}
    </aside>
  );
}
