/** What the model holds possible, as bars: the suggested class and those after it, each with its number. */

import { Text, VisuallyHidden } from "@mantine/core";

import type { Entry, LabelClass } from "@/api/types";
import { t } from "@/language/translate";
import { likeliest } from "@/review/likeliest";
import styles from "@/review/review.module.css";
import { percent } from "@/ui/format";
import { onGround } from "@/ui/theme";

/** Below this the classes that are not listed are not worth a line. */
const REST = 0.005;

export function GuessBars({ entry, classes }: { entry: Entry; classes: readonly LabelClass[] }) {
  const bars = likeliest(entry.suggestion).flatMap(({ class_id, confidence }) => {
    const one = classes.find((each) => each.id === class_id);
    return one ? [{ one, confidence }] : [];
  });
  const rest = 1 - bars.reduce((sum, bar) => sum + bar.confidence, 0);
  return (
    <aside aria-label={t("What the model thinks")}>
      {entry.is_blind ? (
        <Text size="xs" c="dimmed">
          {t("Blind: the model's guess is hidden.")}
        </Text>
      ) : bars.length === 0 ? (
        <Text size="xs" c="dimmed">
          {t("No guess is shown.")}
        </Text>
      ) : (
        <ol className={styles.barList}>
          {bars.map(({ one, confidence }) => (
            <li key={one.id}>
              <span className={styles.barName} dir="auto">
                {one.name}
              </span>
              <span className={styles.barNumber}>{percent(confidence, 0)}</span>
              <span className={styles.track} aria-hidden>
                <span style={{ width: `${confidence * 100}%`, background: onGround(one.colour) }} />
              </span>
            </li>
          ))}
          {bars.length < classes.length && rest >= REST && (
            <li>
              <span className={styles.barName}>
                <span aria-hidden>{t("others")}</span>
                <VisuallyHidden>{t("all others")}</VisuallyHidden>
              </span>
              <span className={styles.barNumber}>{percent(rest, 0)}</span>
              <span className={styles.track} aria-hidden>
                <span style={{ width: `${rest * 100}%` }} />
              </span>
            </li>
          )}
        </ol>
      )}
    </aside>
  );
}
