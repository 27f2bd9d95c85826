import { Group, Stack, Text } from "@mantine/core";

import type { Project, Queue } from "@/api/types";
import { plural, t } from "@/language/translate";
import { openCount } from "@/review/open-count";
import { reasonShown } from "@/review/reasons";
import { count } from "@/ui/format";
import { TextLink } from "@/ui/link";
import { Panel } from "@/ui/panel";

/** What waits for people, and why. */
export function QueuePanel({ project, queue }: { project: Project; queue: Queue | undefined }) {
  if (!queue) return null;
  const reasons = Object.entries(queue.by_reason).filter(([, n]) => n > 0);
  return (
    <Panel title={t("Queue")} note={plural(queue.n_open, "{n} answer wanted, {held} in somebody's hand", "{n} answers wanted, {held} in somebody's hand", {
        n: openCount(queue),
        held: count(queue.n_held),
      })}>
      <Stack gap={4}>
        {queue.n_open === 0 && (
          <Text size="sm" c="dimmed">
            {t("The queue is empty; the next round fills it.")}
          </Text>
        )}
        {reasons.map(([reason, n]) => (
          <Group key={reason} justify="space-between" wrap="nowrap">
            <Text size="sm">{reasonShown(reason).why}</Text>
            <Text size="sm" fw={600}>
              {count(n)}
            </Text>
          </Group>
        ))}
        {queue.n_disputed > 0 && (
          <TextLink size="sm" to={`/projects/${project.id}/adjudication`}>
            {plural(queue.n_disputed, "{n} dispute for a reviewer", "{n} disputes for a reviewer", { n: count(queue.n_disputed) })}
          </TextLink>
        )}
      </Stack>
    </Panel>
  );
}
