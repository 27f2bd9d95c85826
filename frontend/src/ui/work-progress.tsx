import { Alert, Badge, Group, Progress, Stack, Text } from "@mantine/core";

import type { Ahead, Work, WorkState } from "@/api/types";
import { said } from "@/ui/server-says";
import { type Message, msg, t } from "@/language/translate";
import { capitalized, count, duration } from "@/ui/format";

const COLOURS: Record<WorkState, string> = {
  queued: "gray",
  running: "blue",
  done: "teal",
  failed: "red",
  cancelled: "orange",
};

const STATES: Record<WorkState, Message> = {
  queued: msg("queued"),
  running: msg("running"),
  done: msg("done"),
  failed: msg("failed"),
  cancelled: msg("cancelled"),
};

export function WorkBadge({ state }: { state: WorkState }) {
  return (
    <Badge color={COLOURS[state]} variant="light" miw="max-content">
      {t(STATES[state])}
    </Badge>
  );
}

const AHEAD: Record<Ahead["kind"], Message> = {
  run: msg("Waiting for a worker, which is busy with run {number}"),
  comparison: msg("Waiting for a worker, which is busy with comparison {number}"),
  inspection: msg("Waiting for a worker, which is busy with inspection {number}"),
};

/** Why queued work does not run yet, and for how much longer, as far as that is known. */
function waiting(ahead: Ahead | null | undefined): string {
  if (!ahead) return t("Waiting for a worker");
  const why = ahead.number === null ? t("Waiting for a worker, which is busy with another project") : t(AHEAD[ahead.kind], { number: ahead.number });
  return ahead.seconds_left === null ? why : `${why} (${t("{time} left", { time: duration(ahead.seconds_left) })})`;
}

/** How far background work is: step, of how many, seconds left; or why it failed. `noun` says what, translated. */
export function WorkProgress({ work, noun }: { work: Work & { ahead?: Ahead | null }; noun: string }) {
  if (work.state === "failed") {
    return (
      <Alert color="red" title={t("{noun} failed", { noun: capitalized(noun) })} role="alert">
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
          {work.state === "queued" ? waiting(work.ahead) : capitalized(said(work.step_name) || t("working"))}
          {work.n_steps > 0 && ` · ${t("{n} of {total}", { n: count(work.step), total: count(work.n_steps) })}`}
        </Text>
        <Text size="sm" c="dimmed">
          {work.seconds_left !== null && t("{time} left", { time: duration(work.seconds_left) })}
        </Text>
      </Group>
      <Progress value={work.n_steps > 0 ? share : 100} animated striped aria-label={t("Progress of the {noun}", { noun })} />
    </Stack>
  );
}
