import { Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { mayEngineer } from "@/api/roles";
import type { Project, Run } from "@/api/types";
import { said } from "@/ui/server-says";
import { plural, t } from "@/language/translate";
import { cancelRun, runQuery, runsQuery } from "@/training/api";
import { madeElsewhere } from "@/training/made-elsewhere";
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
  const mayCancel = run.is_open && mayEngineer(project);

  return (
    <Paper withBorder p="md">
      <Stack>
        <Group justify="space-between">
          <Group gap="xs">
            <Title order={2} size="h4">
              {t("Run {number}", { number: run.number })}
            </Title>
            <WorkBadge state={run.state} />
          </Group>
          {mayCancel && (
            <Button variant="default" size="xs" loading={cancel.isPending} onClick={() => cancel.mutate()}>
              {t("Cancel the run")}
            </Button>
          )}
        </Group>
        <Text size="sm" c="dimmed">
          {[
            ...(run.trigger === "file"
              ? [madeElsewhere(run)]
              : [
                  words(run.learner),
                  policyText(run.policy),
                  plural(run.n_rounds, "up to {n} round", "up to {n} rounds", { n: run.n_rounds }),
                  t("seed {seed}", { seed: run.seed }),
                ]),
            run.created_by ? t("started by {person}", { person: run.created_by }) : t("started by itself"),
            run.finished_at && t("took {time}", { time: duration(secondsBetween(run.started_at, run.finished_at)) }),
          ]
            .filter(Boolean)
            .join(", ")}
        </Text>
        {(run.is_open || run.state === "failed") && <WorkProgress work={run} noun={t("run")} />}
        {run.stop_reason && (
          <Text size="sm">
            <b>{t("Why it stopped:")}</b> {said(run.stop_reason)}
          </Text>
        )}
        <FormError error={cancel.error} />
        <RoundTable projectId={project.id} rounds={run.rounds} />
        <RunLog runId={run.id} isOpen={run.is_open} />
      </Stack>
    </Paper>
  );
}
