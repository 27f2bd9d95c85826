import { Group, Stack, Text } from "@mantine/core";

import type { Project, Queue } from "@/api/types";
import { t } from "@/language/translate";
import { REASONS } from "@/review/reasons";
import { count, counted } from "@/ui/format";
import { TextLink } from "@/ui/link";
import { Panel } from "@/ui/panel";

/** What waits for people, and why. */
export function QueuePanel({ project, queue }: { project: Project; queue: Queue | undefined }) {
  if (!queue) return null;
  const reasons = Object.entries(queue.by_reason).filter(([, n]) => n > 0);
  return (
    <Panel title="Queue" note={`${counted(queue.n_open, "item")} open, ${count(queue.n_held)} in somebody's hand`}>
      <Stack gap={4}>
        {reasons.length === 0 && (
          <Text size="sm" c="dimmed">
            The queue is empty; the next round fills it.
          </Text>
        )}
        {reasons.map(([reason, n]) => (
          <Group key={reason} justify="space-between" wrap="nowrap">
            <Text size="sm">{t(REASONS[reason as keyof typeof REASONS].why)}</Text>
            <Text size="sm" fw={600}>
              {count(n)}
            </Text>
          </Group>
        ))}
        {queue.n_disputed > 0 && (
          <TextLink size="sm" to={`/projects/${project.id}/adjudication`}>
            {counted(queue.n_disputed, "dispute")} for a reviewer
          </TextLink>
        )}
      </Stack>
    </Panel>
  );
}
