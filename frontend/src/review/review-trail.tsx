import { Group, Text } from "@mantine/core";

import type { LabelClass } from "@/api/types";
import { t } from "@/language/translate";
import type { Done } from "@/review/session";
import styles from "@/review/review.module.css";
import { ClassTag } from "@/ui/class-tag";

const N_SHOWN = 5;

/** The last answers, newest first: what undo would take back. */
export function ReviewTrail({ history, classes }: { history: readonly Done[]; classes: readonly LabelClass[] }) {
  const last = history.slice(-N_SHOWN).reverse();
  if (last.length === 0) return null;
  return (
    <Group gap="sm" wrap="nowrap" className={styles.trail} aria-label={t("Last answers")} role="group">
      <Text size="xs" c="dimmed">
        {t("Last:")}
      </Text>
      {last.map((done) => {
        const one = classes.find((each) => each.id === done.class_id);
        return one ? (
          <ClassTag key={done.key} name={one.name} colour={one.colour} size="xs" />
        ) : (
          <Text key={done.key} size="xs" c="dimmed">
            {t("skipped")}
          </Text>
        );
      })}
    </Group>
  );
}
