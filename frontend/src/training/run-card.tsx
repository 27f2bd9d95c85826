import { Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import type { Project, Run } from "@/api/types";
import { cancelRun, runQuery, runsQuery } from "@/training/api";
import { policyText } from "@/training/policy-text";
import { RoundTable } from "@/training/round-table";
import { RunLog } from "@/training/run-log";
import { duration, secondsBetween, words } from "@/ui/format";
import { FormError } from "@/ui/states";
import { WorkBadge, WorkProgress } from "@/ui/work-progress";

/** One run: what it does, how far it is, its rounds, its log, and why it stopped. */
export function RunCard({ project, run }: { project: Project; run: Run }) {
  const client = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => cancelRun(run.id),
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: runsQuery(project.id).queryKey }),
        client.invalidateQueries({ queryKey: runQuery(run.id).queryKey }),
      ]),
  });
  const mayCancel = run.is_open && (project.role === "owner" || project.role === "engineer");

  return (
    <Paper withBorder p="md">
      <Stack>
        <Group justify="space-between">
          <Group gap="xs">
            <Title order={2} size="h4">
              Run {run.number}
            </Title>
            <WorkBadge state={run.state} />
          </Group>
          {mayCancel && (
            <Button variant="default" size="xs" loading={cancel.isPending} onClick={() => cancel.mutate()}>
              Cancel the run
            </Button>
          )}
        </Group>
        <Text size="sm" c="dimmed">
          {words(run.learner)}, {policyText(run.policy)}, up to {run.n_rounds} {run.n_rounds === 1 ? "round" : "rounds"}, seed {run.seed}
          {run.created_by ? `, started by ${run.created_by}` : ", started by itself"}
          {run.finished_at && `, took ${duration(secondsBetween(run.started_at, run.finished_at))}`}
        </Text>
        {(run.is_open || run.state === "failed") && <WorkProgress work={run} noun="run" />}
        {run.stop_reason && (
          <Text size="sm">
            <b>Why it stopped:</b> {run.stop_reason}
          </Text>
        )}
        <FormError error={cancel.error} />
        <RoundTable projectId={project.id} rounds={run.rounds} />
        <RunLog runId={run.id} isOpen={run.is_open} />
      </Stack>
    </Paper>
  );
}
