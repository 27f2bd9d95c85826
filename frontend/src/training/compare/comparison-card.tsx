import { Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import type { Comparison, Learner, Project } from "@/api/types";
import { cancelComparison, comparisonsQuery } from "@/training/compare/api";
import { ComparisonTable } from "@/training/compare/comparison-table";
import { count, counted, when } from "@/ui/format";
import { FormError } from "@/ui/states";
import { WorkBadge, WorkProgress } from "@/ui/work-progress";

const MEASURED_BY: Record<string, string> = {
  holdout: "the holdout",
  test: "the test file",
  cross_validation: "cross-validation over the training labels, in five folds",
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
  const mayCancel = comparison.is_open && (project.role === "owner" || project.role === "engineer");
  return (
    <Paper withBorder p="md" component="section" aria-label={`Comparison ${comparison.number}`}>
      <Stack>
        <Group justify="space-between">
          <Group gap="xs">
            <Title order={2} size="h4">
              Comparison {comparison.number}
            </Title>
            <WorkBadge state={comparison.state} />
          </Group>
          {mayCancel && (
            <Button variant="default" size="xs" loading={cancel.isPending} onClick={() => cancel.mutate()}>
              Cancel the comparison
            </Button>
          )}
        </Group>
        <Text size="sm" c="dimmed">
          {comparison.as_of === null
            ? `${counted(comparison.learners.length, "learner")}, ${counted(comparison.n_seeds, "seed")}`
            : `${count(comparison.n_human)} training labels as of ${when(comparison.as_of)}, ${count(comparison.n_pool)} unlabeled items, ` +
              `${counted(comparison.n_seeds, "seed")}; measured by ${MEASURED_BY[comparison.measured_by] ?? "nothing yet"} ` +
              `(${counted(comparison.n_test, "label")}).`}
          {comparison.created_by && ` Started by ${comparison.created_by}.`}
        </Text>
        {(comparison.is_open || comparison.state === "failed") && <WorkProgress work={comparison} noun="comparison" />}
        <FormError error={cancel.error} />
        {comparison.table.length > 0 && <ComparisonTable rows={comparison.table} learners={learners} />}
      </Stack>
    </Paper>
  );
}
