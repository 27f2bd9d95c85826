import { Button, Group, Stack, Table, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { answersBlind, mayEngineer } from "@/api/roles";
import type { Project } from "@/api/types";
import { importsQuery, projectQuery, startImport } from "@/labeling/api";
import { ExportPanel } from "@/labeling/export-panel";
import { ImportUndo } from "@/labeling/import-undo";
import { ImportWatch } from "@/labeling/import-watch";
import { RemovedPanel } from "@/labeling/removed-panel";
import { UploadStep } from "@/labeling/upload-step";
import { useUpload } from "@/labeling/use-upload";
import { t } from "@/language/translate";
import { count, when } from "@/ui/format";
import { useIdParam } from "@/ui/id-param";
import { Page } from "@/ui/page";
import { Panel } from "@/ui/panel";
import { Ready } from "@/ui/query";
import { FormError } from "@/ui/states";
import { WorkBadge } from "@/ui/work-progress";

/** What goes in and what comes out: imports and exports, and their history. */
export default function DataPage() {
  const project = useQuery(projectQuery(useIdParam("projectId")));
  return (
    <Page title={t("Data")}>
      <Ready query={project} what={t("the project")}>
        {(data) => (
          <Stack>
            <ExportPanel project={data} />
            {mayEngineer(data) && <ImportPanel project={data} />}
            <ImportHistory project={data} />
            {!answersBlind(data) && <RemovedPanel project={data} />}
          </Stack>
        )}
      </Ready>
    </Page>
  );
}

function ImportPanel({ project }: { project: Project }) {
  const client = useQueryClient();
  const file = useUpload(project.item_type, project.id);
  const [importId, setImportId] = useState<number>();
  const { uploads, preview } = file;
  const start = useMutation({
    mutationFn: () => startImport(project.id, { uploads: file.ids, options: file.options ?? {} }),
    onSuccess: (started) => setImportId(started.id),
  });

  return (
    <Panel title={t("Import")} note={t("Add items, or labels for items that are here already. The same file twice adds nothing.")}>
      <Stack>
        <UploadStep state={file} isTypeFixed />
        <FormError error={start.error} />
        {importId !== undefined && (
          <ImportWatch
            key={importId}
            importId={importId}
            doneLabel={t("Close")}
            onDone={() => {
              setImportId(undefined);
              void client.invalidateQueries({ queryKey: ["projects", project.id] });
            }}
          />
        )}
        {uploads && preview && importId === undefined && (
          <Group justify="flex-end">
            <Button disabled={file.isLooking} loading={start.isPending} onClick={() => start.mutate()}>
              {t("Import")}
            </Button>
          </Group>
        )}
      </Stack>
    </Panel>
  );
}

function ImportHistory({ project }: { project: Project }) {
  const imports = useQuery(importsQuery(project.id));
  return (
    <Panel title={t("Imports so far")}>
      <Ready query={imports} what={t("the imports")}>
        {({ results }) =>
          results.length === 0 ? (
            <Text size="sm" c="dimmed">
              {t("Nothing was imported yet.")}
            </Text>
          ) : (
            <Table.ScrollContainer minWidth={620}>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t("File")}</Table.Th>
                    <Table.Th>{t("State")}</Table.Th>
                    <Table.Th>{t("Items")}</Table.Th>
                    <Table.Th>{t("Labels")}</Table.Th>
                    <Table.Th>{t("Problems")}</Table.Th>
                    <Table.Th>{t("When")}</Table.Th>
                    <Table.Th />
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {results.map((one) => (
                    <Table.Tr key={one.id}>
                      <Table.Td dir="auto">
                        {one.options.dry_run === true ? t("{file} (check only)", { file: one.file_name }) : one.file_name}
                      </Table.Td>
                      <Table.Td>
                        <WorkBadge state={one.state} />
                        {one.error_message && (
                          <Text size="xs" c="red">
                            {one.error_message}
                          </Text>
                        )}
                      </Table.Td>
                      <Table.Td>{count(one.n_items_added)}</Table.Td>
                      <Table.Td>{count(one.n_labels_added)}</Table.Td>
                      <Table.Td>{count(one.report.n_problems)}</Table.Td>
                      <Table.Td>
                        {one.created_by ? t("{time}, {person}", { time: when(one.created_at), person: one.created_by }) : when(one.created_at)}
                      </Table.Td>
                      <Table.Td>{mayEngineer(project) && <ImportUndo project={project} data={one} />}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )
        }
      </Ready>
    </Panel>
  );
}
