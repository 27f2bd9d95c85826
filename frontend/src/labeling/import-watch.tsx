import { Button, Group, Paper, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { cancelImport, importQuery } from "@/labeling/api";
import { ProblemList } from "@/labeling/problem-list";
import { counted } from "@/ui/format";
import { Ready } from "@/ui/query";
import { FormError } from "@/ui/states";
import { WorkProgress } from "@/ui/work-progress";

/** An import as it goes: progress, cancel, and what came of it. */
export function ImportWatch({ importId, onDone }: { importId: number; onDone: () => void }) {
  const client = useQueryClient();
  const query = useQuery(importQuery(importId));
  const cancel = useMutation({
    mutationFn: () => cancelImport(importId),
    onSuccess: () => client.invalidateQueries({ queryKey: importQuery(importId).queryKey }),
  });

  return (
    <Paper withBorder p="md">
      <Ready query={query} what="the import">
        {(data) => (
          <Stack>
            <Text fw={600}>Import of {data.file_name}</Text>
            <WorkProgress work={data} noun="import" />
            <Text size="sm">
              {counted(data.n_items_added, "item")} and {counted(data.n_labels_added, "label")} added
            </Text>
            {(data.report.n_problems ?? 0) > 0 && (
              <ProblemList problems={data.report.problems ?? []} n_problems={data.report.n_problems ?? 0} />
            )}
            <FormError error={cancel.error} />
            <Group justify="flex-end">
              {data.is_open ? (
                <Button variant="default" loading={cancel.isPending} onClick={() => cancel.mutate()}>
                  Cancel the import
                </Button>
              ) : (
                <Button onClick={onDone}>Go to the project</Button>
              )}
            </Group>
          </Stack>
        )}
      </Ready>
    </Paper>
  );
}
