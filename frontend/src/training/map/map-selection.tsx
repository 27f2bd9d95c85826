import { Badge, Button, Group, NativeSelect, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { mayEngineerOrReview, mayReview } from "@/api/roles";
import type { Id, MapPoints, Picked, Project } from "@/api/types";
import { itemsByIdQuery } from "@/labeling/api";
import { rich } from "@/language/rich";
import { plural, t } from "@/language/translate";
import { labelItems, pickItems } from "@/training/map/api";
import styles from "@/training/map/map.module.css";
import { colouringOf, groupCounts } from "@/training/map/points";
import { ClassById } from "@/training/quality/class-by-id";
import { NamedItemLine } from "@/training/quality/named-item";
import { ConfirmButton } from "@/ui/confirm-button";
import { count } from "@/ui/format";
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
    <Stack gap="sm" component="section" aria-label={t("Items of the region")}>
      <Group justify="space-between">
        <Text fw={600} role="status">
          {chosen.length === 0 ? t("No item in the region") : plural(chosen.length, "{n} item in the region", "{n} items in the region", { n: count(chosen.length) })}
        </Text>
        <Button variant="subtle" size="compact-sm" onClick={onClear}>
          {t("Let go")}
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
                  {item.label === null
                    ? t("not labeled")
                    : rich("{label} by {source}", {
                        label: <ClassById classes={project.classes} id={item.label.class_id} />,
                        source: <bdi>{item.label.source.name}</bdi>,
                      })}
                </Text>
              </li>
            ))}
          </ul>
          {chosen.length > limit && limit < MOST_SHOWN && (
            <Button variant="subtle" size="compact-sm" onClick={() => setLimit(Math.min(MOST_SHOWN, limit + 4 * SHOWN))} style={{ alignSelf: "start" }}>
              {t("Show more")}
            </Button>
          )}
          {chosen.length > limit && limit >= MOST_SHOWN && (
            <Text size="xs" c="dimmed">
              {t("The first {n} are shown. Draw a smaller region to see others.", { n: MOST_SHOWN })}
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
  const mayLabel = mayReview(project);
  const mayPick = mayEngineerOrReview(project);
  const isTooMany = open.length > MOST_AT_ONCE;
  const kept = nLabeled > 0 && ` ${t("The {n} that people labeled before are left as they are.", { n: count(nLabeled) })}`;
  if (!mayPick) return null;
  return (
    <Stack gap={6}>
      <Group align="flex-end" gap="sm">
        {mayLabel && (
          <>
            <NativeSelect
              size="xs"
              label={t("Label them")}
              value={classId}
              onChange={(event) => setClassId(Number(event.currentTarget.value))}
              data={[{ value: "0", label: t("choose a class") }, ...project.classes.map((one) => ({ value: String(one.id), label: one.name }))]}
            />
            {name !== undefined && open.length > 0 && !isTooMany && (
              <ConfirmButton
                color="teal"
                label={plural(open.length, "Label {n} item {name}", "Label {n} items {name}", { n: count(open.length), name })}
                question={plural(open.length, "Label {n} item {name}?", "Label {n} items {name}?", { n: count(open.length), name })}
                confirmLabel={t("Yes, label them")}
                error={label.error}
                onConfirm={() => label.mutateAsync()}
              >
                {t("Each gets this label as your own word, and models are trained on it. Look at the items first: what lies together on a map is alike, not the same.")}
                {kept}
              </ConfirmButton>
            )}
          </>
        )}
        <Button size="xs" variant="default" disabled={open.length === 0 || isTooMany} loading={pick.isPending} onClick={() => pick.mutate()}>
          {plural(open.length, "Send {n} item to the queue", "Send {n} items to the queue", { n: count(open.length) })}
        </Button>
      </Group>
      {isTooMany && (
        <Text size="xs" c="dimmed">
          {t("{n} at once at most. Draw a smaller region.", { n: count(MOST_AT_ONCE) })}
        </Text>
      )}
      <FormError error={pick.error} />
      <Text size="sm" role="status" aria-live="polite">
        {pick.data && pickedText(pick.data)}
        {label.isSuccess && !pick.data && t("Labeled.")}
      </Text>
    </Stack>
  );
}

function pickedText({ n_queued, n_waiting, n_left_out }: Picked): string {
  const queued = plural(
    n_queued,
    "{n} item wait in the queue now, ahead of what the model's doubt chose; {before} waited before.",
    "{n} items wait in the queue now, ahead of what the model's doubt chose; {before} waited before.",
    { n: count(n_queued), before: count(n_waiting) },
  );
  return n_left_out > 0 ? `${queued} ${t("{n} labeled or kept for measuring were left out.", { n: count(n_left_out) })}` : queued;
}
