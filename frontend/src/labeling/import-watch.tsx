import { Button, Group, Paper, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { cancelImport, importQuery } from "@/labeling/api";
import { ImportReportView } from "@/labeling/import-report";
import { Understood } from "@/labeling/understood";
import { t } from "@/language/translate";
import { Ready } from "@/ui/query";
import { FormError } from "@/ui/states";
import { WorkProgress } from "@/ui/work-progress";

interface Props {
  importId: number;
  doneLabel?: string;
  onDone: () => void;
}

/** An import as it goes: progress, cancel, and what came of it. */
export function ImportWatch({ importId, doneLabel = t("Go to the project"), onDone }: Props) {
  const client = useQueryClient();
  const query = useQuery(importQuery(importId));
  const cancel = useMutation({
    mutationFn: () => cancelImport(importId),
    onSuccess: () => client.invalidateQueries({ queryKey: importQuery(importId).queryKey }),
  });

  return (
    <Paper withBorder p="md">
      <Ready query={query} what={t("the import")}>
        {(data) => (
          <Stack>
            <Text fw={600}>{t("Import of {file}", { file: data.file_name })}</Text>
            <WorkProgress work={data} noun={t("import")} />
            <ImportReportView report={data.report} />
            {!data.is_open && <Understood report={data.report} />}
            <FormError error={cancel.error} />
            <Group justify="flex-end">
              {data.is_open ? (
                <Button variant="default" loading={cancel.isPending} onClick={() => cancel.mutate()}>
                  {t("Cancel the import")}
                </Button>
              ) : (
                <Button onClick={onDone}>{doneLabel}</Button>
              )}
            </Group>
          </Stack>
        )}
      </Ready>
    </Paper>
  );
}
