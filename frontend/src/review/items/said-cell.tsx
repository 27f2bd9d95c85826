import { Group, Text } from "@mantine/core";

import type { LabelClass, RoundItem } from "@/api/types";
import { t } from "@/language/translate";
import { ClassTag } from "@/ui/class-tag";
import { percent } from "@/ui/format";

/** What a round said of the item, and how sure it was. */
export function SaidCell({ said, classes }: { said: RoundItem["said"]; classes: readonly LabelClass[] }) {
  const one = classes.find((each) => each.id === said.class_id);
  return (
    <Group gap={6} wrap="wrap">
      <Text size="xs" c="dimmed">
        {t("said")}
      </Text>
      <ClassTag name={one?.name ?? t("class {id}", { id: said.class_id })} colour={one?.colour ?? "#888888"} />
      <Text size="xs">{percent(said.confidence)}</Text>
    </Group>
  );
}
