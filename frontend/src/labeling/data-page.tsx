import { Button, Group, Stack, Table, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import type { Project } from "@/api/types";
import { importsQuery, projectQuery, startImport } from "@/labeling/api";
import { ExportPanel } from "@/labeling/export-panel";
import { HumanLabelsSwitch } from "@/labeling/human-labels-switch";
import { ImportWatch } from "@/labeling/import-watch";
import { UploadStep } from "@/labeling/upload-step";
import { useUpload } from "@/labeling/use-upload";
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
    <Page title="Data">
      <Ready query={project} what="the project">
        {(data) => (
          <Stack>
            <ExportPanel project={data} />
            {(data.role === "owner" || data.role === "engineer") && <ImportPanel project={data} />}
            <ImportHistory projectId={data.id} />
          </Stack>
        )}
      </Ready>
    </Page>
  );
}

function ImportPanel({ project }: { project: Project }) {
  const client = useQueryClient();
  const file = useUpload(project.item_type);
  const [areHuman, setAreHuman] = useState(true);
  const [importId, setImportId] = useState<number>();
  const { upload, preview } = file;
  const start = useMutation({
    mutationFn: (isDryRun: boolean) =>
      startImport(project.id, {
        upload: upload?.upload ?? "",
        options: { ...preview?.options, labels_from: areHuman ? "person" : "machine", dry_run: isDryRun },
      }),
    onSuccess: (started) => setImportId(started.id),
  });

  return (
    <Panel title="Import" note="Add items, or labels for items that are here already. The same file twice adds nothing.">
      <Stack>
        <UploadStep state={file} isTypeFixed />
        {preview && preview.n_labeled > 0 && <HumanLabelsSwitch isHuman={areHuman} onChange={setAreHuman} />}
        <FormError error={start.error} />
        {importId !== undefined && (
          <ImportWatch
            key={importId}
            importId={importId}
            doneLabel="Close"
            onDone={() => {
              setImportId(undefined);
              void client.invalidateQueries({ queryKey: ["projects", project.id] });
            }}
          />
        )}
        {upload && preview && importId === undefined && (
          <Group justify="flex-end">
            <Button variant="default" disabled={file.isLooking} loading={start.isPending} onClick={() => start.mutate(true)}>
              Check the whole file first
            </Button>
            <Button disabled={file.isLooking} loading={start.isPending} onClick={() => start.mutate(false)}>
              Import
            </Button>
          </Group>
        )}
      </Stack>
    </Panel>
  );
}

function ImportHistory({ projectId }: { projectId: number }) {
  const imports = useQuery(importsQuery(projectId));
  return (
    <Panel title="Imports so far">
      <Ready query={imports} what="the imports">
        {({ results }) =>
          results.length === 0 ? (
            <Text size="sm" c="dimmed">
              Nothing was imported yet.
            </Text>
          ) : (
            <Table.ScrollContainer minWidth={620}>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>File</Table.Th>
                    <Table.Th>State</Table.Th>
                    <Table.Th>Items</Table.Th>
                    <Table.Th>Labels</Table.Th>
                    <Table.Th>Problems</Table.Th>
                    <Table.Th>When</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {results.map((one) => (
                    <Table.Tr key={one.id}>
                      <Table.Td>
                        {one.file_name}
                        {one.options.dry_run === true && " (check only)"}
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
                        {when(one.created_at)}
                        {one.created_by && `, ${one.created_by}`}
                      </Table.Td>
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
