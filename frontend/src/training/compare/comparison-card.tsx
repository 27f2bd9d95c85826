import { Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { mayEngineer } from "@/api/roles";
import type { Comparison, Learner, Project } from "@/api/types";
import { type Message, msg, plural, t } from "@/language/translate";
import { cancelComparison, comparisonsQuery } from "@/training/compare/api";
import { ComparisonTable } from "@/training/compare/comparison-table";
import { count, when } from "@/ui/format";
import { FormError } from "@/ui/states";
import { WorkBadge, WorkProgress } from "@/ui/work-progress";

const MEASURED_BY: Record<string, Message> = {
  holdout: msg("the holdout"),
  test: msg("the test file"),
  cross_validation: msg("cross-validation over the training labels, in five folds"),
};

interface Props {
  project: Project;
  comparison: Comparison;
  learners: readonly Learner[];
}

/** One comparison: what it is of, how far it is, and its table. */
export function ComparisonCard({ project, comparison, learners }: Props) {
  const client = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => cancelComparison(comparison.id),
    onSettled: () => client.invalidateQueries({ queryKey: comparisonsQuery(project.id).queryKey }),
  });
  const seeds = plural(comparison.n_seeds, "{n} seed", "{n} seeds", { n: count(comparison.n_seeds) });
  const mayCancel = comparison.is_open && mayEngineer(project);
  return (
    <Paper withBorder p="md" component="section" aria-label={t("Comparison {number}", { number: comparison.number })}>
      <Stack>
        <Group justify="space-between">
          <Group gap="xs">
            <Title order={2} size="h4">
              {t("Comparison {number}", { number: comparison.number })}
            </Title>
            <WorkBadge state={comparison.state} />
          </Group>
          {mayCancel && (
            <Button variant="default" size="xs" loading={cancel.isPending} onClick={() => cancel.mutate()}>
              {t("Cancel the comparison")}
            </Button>
          )}
        </Group>
        <Text size="sm" c="dimmed">
          {comparison.as_of === null
            ? `${plural(comparison.learners.length, "{n} learner", "{n} learners", { n: count(comparison.learners.length) })}, ${seeds}`
            : t("{human} training labels as of {date}, {pool} unlabeled items, {seeds}; measured by {measure} ({labels}).", {
                human: count(comparison.n_human),
                date: when(comparison.as_of),
                pool: count(comparison.n_pool),
                seeds,
                measure: t(MEASURED_BY[comparison.measured_by] ?? msg("nothing yet")),
                labels: plural(comparison.n_test, "{n} label", "{n} labels", { n: count(comparison.n_test) }),
              })}
          {comparison.created_by && ` ${t("Started by {person}.", { person: comparison.created_by })}`}
        </Text>
        {(comparison.is_open || comparison.state === "failed") && <WorkProgress work={comparison} noun={t("comparison")} />}
        <FormError error={cancel.error} />
        {comparison.table.length > 0 && <ComparisonTable rows={comparison.table} learners={learners} />}
      </Stack>
    </Paper>
  );
}
