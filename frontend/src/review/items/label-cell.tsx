import { Badge, Group, Text } from "@mantine/core";

import type { CurrentLabel, LabelClass } from "@/api/types";
import { t } from "@/language/translate";
import { ClassTag } from "@/ui/class-tag";
import { percent } from "@/ui/format";

/** The label that stands, and whose word it is: a person's and a machine's never look alike. */
export function LabelCell({ label, isWithheld = false, classes }: { label: CurrentLabel | null; isWithheld?: boolean; classes: readonly LabelClass[] }) {
  if (label === null) {
    return (
      <Text size="sm" c="dimmed">
        {isWithheld ? t("not shown") : t("not labeled")}
      </Text>
    );
  }
  const one = classes.find((each) => each.id === label.class_id);
  return (
    <Group gap={6} wrap="wrap">
      <ClassTag name={one?.name ?? t("class {id}", { id: label.class_id })} colour={one?.colour ?? "#888888"} />
      <Badge size="sm" variant="light" color={label.is_human ? "teal" : "violet"} tt="none" title={label.source.name}>
        {label.is_human ? label.source.name : label.confidence === null ? t("machine") : t("machine {share}", { share: percent(label.confidence) })}
      </Badge>
    </Group>
  );
}
