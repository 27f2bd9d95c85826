import { Badge, Button, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";

import type { DuplicateGroup, Findings, Project } from "@/api/types";
import { ClassById } from "@/training/quality/class-by-id";
import { count, percent } from "@/ui/format";
import { TextLink } from "@/ui/link";
import { Panel } from "@/ui/panel";

const SHOWN = 10;

/** Groups of items that are all but the same; those that people called different first. */
export function DuplicatesPanel({ project, found }: { project: Project; found: Findings["near_duplicates"] }) {
  const [limit, setLimit] = useState(SHOWN);
  const groups = found.groups ?? [];
  return (
    <Panel title="Near duplicates" note={found.sentence}>
      <Stack gap="xs">
        {groups.slice(0, limit).map((group) => (
          <GroupLine key={group.item_ids[0]} project={project} group={group} />
        ))}
        {groups.length > limit && (
          <Button variant="subtle" size="xs" onClick={() => setLimit(groups.length)}>
            Show {groups.length} groups
          </Button>
        )}
        {found.n_compared !== undefined && found.n_items !== undefined && found.n_compared < found.n_items && (
          <Text size="xs" c="dimmed">
            {count(found.n_compared)} of {count(found.n_items)} items were compared, the labeled ones first.
          </Text>
        )}
      </Stack>
    </Panel>
  );
}

function GroupLine({ project, group }: { project: Project; group: DuplicateGroup }) {
  return (
    <Group gap="xs">
      <Badge variant="light" color={group.is_conflict ? "red" : "gray"}>
        {group.n} × {percent(group.similarity, 0)}
      </Badge>
      {group.class_ids.map((id) => (
        <ClassById key={id} classes={project.classes} id={id} />
      ))}
      {group.item_ids.map((id) => (
        <TextLink key={id} size="sm" to={`/projects/${project.id}/items/${id}`}>
          {id}
        </TextLink>
      ))}
      {group.n > group.item_ids.length && <Text size="sm">…</Text>}
    </Group>
  );
}
