import { Badge, Button, Group, NativeSelect, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import type { Id, MapPoints, Project } from "@/api/types";
import { itemsByIdQuery } from "@/labeling/api";
import { labelItems, pickItems } from "@/training/map/api";
import styles from "@/training/map/map.module.css";
import { colouringOf, groupCounts } from "@/training/map/points";
import { ClassById } from "@/training/quality/class-by-id";
import { NamedItemLine } from "@/training/quality/named-item";
import { ConfirmButton } from "@/ui/confirm-button";
import { count, counted } from "@/ui/format";
import { FormError } from "@/ui/states";

const SHOWN = 24;
const MOST_SHOWN = 192;
const MOST_AT_ONCE = 10_000;

interface Props {
  project: Project;
  points: MapPoints;
  chosen: readonly number[];
  onLabeled: (ids: ReadonlySet<Id>, classId: Id) => void;
  onClear: () => void;
}

/** The items of a region: what they are, and what may be done with all of them. */
export function MapSelection({ project, points, chosen, onLabeled, onClear }: Props) {
  const [limit, setLimit] = useState(SHOWN);
  const ids = chosen.map((point) => points.item_ids[point] ?? 0);
  const items = useQuery(itemsByIdQuery(project.id, ids.slice(0, limit)));
  const open = chosen.filter((point) => points.sources[point] !== 2).map((point) => points.item_ids[point] ?? 0);
  const bySource = colouringOf(points, "source", project.classes);
  const byClass = colouringOf(points, "class", project.classes);
  const sourceCounts = groupCounts(bySource, chosen);
  const classCounts = groupCounts(byClass, chosen);

  return (
    <Stack gap="sm" component="section" aria-label="Items of the region">
      <Group justify="space-between">
        <Text fw={600} role="status">
          {chosen.length === 0 ? "No item in the region" : `${counted(chosen.length, "item")} in the region`}
        </Text>
        <Button variant="subtle" size="compact-sm" onClick={onClear}>
          Let go
        </Button>
      </Group>
      {chosen.length > 0 && (
        <>
          <Group gap={6}>
            {bySource.groups.map((group, i) =>
              sourceCounts[i] ? (
                <Badge key={group.name} variant="default" tt="none">
                  {group.name}: {count(sourceCounts[i] ?? 0)}
                </Badge>
              ) : null,
            )}
            {byClass.groups.slice(1).map((group, i) =>
              classCounts[i + 1] ? (
                <Badge key={group.name} variant="light" color="gray" tt="none">
                  {group.name}: {count(classCounts[i + 1] ?? 0)}
                </Badge>
              ) : null,
            )}
          </Group>
          <Actions project={project} open={open} nLabeled={chosen.length - open.length} onLabeled={onLabeled} />
          <ul className={styles.chosen}>
            {(items.data?.results ?? []).map((item) => (
              <li key={item.id}>
                <NamedItemLine
                  project={project}
                  id={item.id}
                  items={[{ id: item.id, key: item.key, text: item.text?.slice(0, 200) ?? null, thumbnail_url: item.image?.thumbnail_url ?? null }]}
                />
                <Text size="xs" c="dimmed">
                  {item.label === null ? "not labeled" : <ClassById classes={project.classes} id={item.label.class_id} />}
                  {item.label !== null && ` by ${item.label.source.name}`}
                </Text>
              </li>
            ))}
          </ul>
          {chosen.length > limit && limit < MOST_SHOWN && (
            <Button variant="subtle" size="compact-sm" onClick={() => setLimit(Math.min(MOST_SHOWN, limit + 4 * SHOWN))} style={{ alignSelf: "start" }}>
              Show more
            </Button>
          )}
          {chosen.length > limit && limit >= MOST_SHOWN && (
            <Text size="xs" c="dimmed">
              The first {MOST_SHOWN} are shown. Draw a smaller region to see others.
            </Text>
          )}
        </>
      )}
    </Stack>
  );
}

interface ActionsProps {
  project: Project;
  open: readonly Id[]; // that no person has labeled
  nLabeled: number;
  onLabeled: Props["onLabeled"];
}

function Actions({ project, open, nLabeled, onLabeled }: ActionsProps) {
  const client = useQueryClient();
  const [classId, setClassId] = useState(0);
  const name = project.classes.find((one) => one.id === classId)?.name;
  const refresh = () => client.invalidateQueries({ queryKey: ["projects", project.id] });
  const label = useMutation({
    mutationFn: () => labelItems(project.id, open, classId),
    onSuccess: async () => {
      onLabeled(new Set(open), classId);
      await refresh();
    },
  });
  const pick = useMutation({ mutationFn: () => pickItems(project.id, open), onSuccess: refresh });
  const mayLabel = project.role === "owner" || project.role === "reviewer";
  const mayPick = mayLabel || project.role === "engineer";
  const isTooMany = open.length > MOST_AT_ONCE;
  const kept = nLabeled > 0 ? ` The ${count(nLabeled)} that people labeled before are left as they are.` : "";
  if (!mayPick) return null;
  return (
    <Stack gap={6}>
      <Group align="flex-end" gap="sm">
        {mayLabel && (
          <>
            <NativeSelect
              size="xs"
              label="Label them"
              value={classId}
              onChange={(event) => setClassId(Number(event.currentTarget.value))}
              data={[{ value: "0", label: "choose a class" }, ...project.classes.map((one) => ({ value: String(one.id), label: one.name }))]}
            />
            {name !== undefined && open.length > 0 && !isTooMany && (
              <ConfirmButton
                color="teal"
                label={`Label ${counted(open.length, "item")} ${name}`}
                question={`Label ${counted(open.length, "item")} ${name}?`}
                confirmLabel="Yes, label them"
                error={label.error}
                onConfirm={() => label.mutateAsync()}
              >
                Each gets this label as your own word, and models are trained on it. Look at the items first: what lies together on a map is alike,
                not the same.{kept}
              </ConfirmButton>
            )}
          </>
        )}
        <Button size="xs" variant="default" disabled={open.length === 0 || isTooMany} loading={pick.isPending} onClick={() => pick.mutate()}>
          Send {counted(open.length, "item")} to the queue
        </Button>
      </Group>
      {isTooMany && (
        <Text size="xs" c="dimmed">
          {count(MOST_AT_ONCE)} at once at most. Draw a smaller region.
        </Text>
      )}
      <FormError error={pick.error} />
      <Text size="sm" role="status" aria-live="polite">
        {pick.data &&
          `${counted(pick.data.n_queued, "item")} wait in the queue now, ahead of what the model's doubt chose; ${count(pick.data.n_waiting)} waited before. ${
            pick.data.n_left_out > 0 ? `${count(pick.data.n_left_out)} labeled or kept for measuring were left out.` : ""
          }`}
        {label.isSuccess && !pick.data && "Labeled."}
      </Text>
    </Stack>
  );
}
