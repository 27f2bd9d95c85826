import { Alert, Badge, Group, Progress, Stack, Text } from "@mantine/core";

import type { Work, WorkState } from "@/api/types";
import { capitalized, count, duration } from "@/ui/format";

const COLOURS: Record<WorkState, string> = {
  queued: "gray",
  running: "blue",
  done: "teal",
  failed: "red",
  cancelled: "orange",
};

export function WorkBadge({ state }: { state: WorkState }) {
  return (
    <Badge color={COLOURS[state]} variant="light">
      {state}
    </Badge>
  );
}

/** How far background work is: step, of how many, seconds left; or why it failed. */
export function WorkProgress({ work, noun }: { work: Work; noun: string }) {
  if (work.state === "failed") {
    return (
      <Alert color="red" title={`${capitalized(noun)} failed`} role="alert">
        {work.error_message}
      </Alert>
    );
  }
  if (!work.is_open) return <WorkBadge state={work.state} />;
  const share = work.n_steps > 0 ? Math.min(100, (work.step / work.n_steps) * 100) : 0;
  return (
    <Stack gap={6} role="status" aria-live="polite">
      <Group justify="space-between">
        <Text size="sm">
          {work.state === "queued" ? "Waiting for a worker" : capitalized(work.step_name || "working")}
          {work.n_steps > 0 && ` · ${count(work.step)} of ${count(work.n_steps)}`}
        </Text>
        <Text size="sm" c="dimmed">
          {work.seconds_left !== null && `${duration(work.seconds_left)} left`}
        </Text>
      </Group>
      <Progress value={work.n_steps > 0 ? share : 100} animated striped aria-label={`Progress of the ${noun}`} />
    </Stack>
  );
}
