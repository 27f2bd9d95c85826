import { Badge, Button, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";

import type { DuplicateGroup, Findings, Inspection, NamedItem, Project } from "@/api/types";
import { said } from "@/ui/server-says";
import { plural, t } from "@/language/translate";
import { ClassById } from "@/training/quality/class-by-id";
import { NamedItemLine } from "@/training/quality/named-item";
import { count, percent } from "@/ui/format";
import { Panel } from "@/ui/panel";

const SHOWN = 10;
const ITEMS_SHOWN = 4; // of a group, until it is opened

interface Props {
  project: Project;
  inspection: Inspection;
  found: Findings["near_duplicates"];
}

/** Groups of items that are all but the same; those that people called different first. */
export function DuplicatesPanel({ project, inspection, found }: Props) {
  const [limit, setLimit] = useState(SHOWN);
  const groups = found.groups ?? [];
  return (
    <Panel title={t("Near duplicates")} note={said(found.sentence)}>
      <Stack gap="md">
        {groups.slice(0, limit).map((group) => (
          <GroupLines key={group.item_ids[0]} project={project} group={group} items={inspection.items} />
        ))}
        {groups.length > limit && (
          <Button variant="subtle" size="xs" onClick={() => setLimit(groups.length)}>
            {t("Show {n} groups", { n: groups.length })}
          </Button>
        )}
        {found.n_compared !== undefined && found.n_items !== undefined && found.n_compared < found.n_items && (
          <Text size="xs" c="dimmed">
            {t("{n} of {total} items were compared, the labeled ones first.", { n: count(found.n_compared), total: count(found.n_items) })}
          </Text>
        )}
      </Stack>
    </Panel>
  );
}

function GroupLines({ project, group, items }: { project: Project; group: DuplicateGroup; items: readonly NamedItem[] }) {
  const [isOpen, setOpen] = useState(false);
  const nMore = group.n - group.item_ids.length;
  const ids = isOpen ? group.item_ids : group.item_ids.slice(0, ITEMS_SHOWN);
  return (
    <Stack gap={4}>
      <Group gap="xs">
        <Badge variant="light" color={group.is_conflict ? "red" : "gray"}>
          {group.n} × {percent(group.similarity, 0)}
        </Badge>
        {group.class_ids.map((id) => (
          <ClassById key={id} classes={project.classes} id={id} />
        ))}
      </Group>
      {ids.map((id) => (
        <NamedItemLine key={id} project={project} id={id} items={items} />
      ))}
      {ids.length < group.item_ids.length && (
        <Button variant="subtle" size="compact-xs" onClick={() => setOpen(true)} style={{ alignSelf: "start" }}>
          {t("Show {n} of {total}", { n: group.item_ids.length, total: group.n })}
        </Button>
      )}
      {isOpen && nMore > 0 && <Text size="xs">{plural(nMore, "and {n} more item", "and {n} more items", { n: count(nMore) })}</Text>}
    </Stack>
  );
}
