import { Group, Text } from "@mantine/core";

import type { Id, NamedItem, Project } from "@/api/types";
import { t } from "@/language/translate";
import { TextLink } from "@/ui/link";

const SIDE = 40;

interface Props {
  project: Project;
  id: Id;
  items: readonly NamedItem[];
}

/** An item by its key, with its picture or the beginning of its text; one that was deleted since by its id. */
export function NamedItemLine({ project, id, items }: Props) {
  const item = items.find((one) => one.id === id);
  return (
    <Group gap="xs" wrap="nowrap" style={{ minWidth: 0 }}>
      {item?.thumbnail_url && (
        <img
          src={item.thumbnail_url}
          alt=""
          loading="lazy"
          width={SIDE}
          height={SIDE}
          style={{ objectFit: "contain", imageRendering: "pixelated", flexShrink: 0 }}
        />
      )}
      <TextLink size="sm" to={`/projects/${project.id}/items/${id}`} maw="50%" style={{ flexShrink: 0, overflowWrap: "anywhere" }}>
        <bdi>{item?.key ?? t("item {id}, deleted", { id })}</bdi>
      </TextLink>
      {item?.text && (
        <Text size="sm" lineClamp={2} dir="auto" style={{ minWidth: 0, overflowWrap: "anywhere" }}>
          {item.text}
        </Text>
      )}
    </Group>
  );
}
