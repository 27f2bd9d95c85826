import { Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import type { Project, Removal } from "@/api/types";
import { importsQuery, removalsQuery } from "@/labeling/api";
import { together } from "@/labeling/removed";
import { plural, t } from "@/language/translate";
import { count, when } from "@/ui/format";
import { Panel } from "@/ui/panel";
import { Ready } from "@/ui/query";
import { WorkProgress } from "@/ui/work-progress";

/** What was taken away, by whom, and what of it stayed. Nothing to see where nothing was. */
export function RemovedPanel({ project }: { project: Project }) {
  const imports = useQuery(importsQuery(project.id));
  const running = (imports.data?.results ?? []).filter((one) => one.undo?.is_open);
  const removals = useQuery({ ...removalsQuery(project.id, running.length), refetchInterval: running.length > 0 ? 2_000 : false });
  if (running.length === 0 && removals.data?.results.length === 0) return null;
  return (
    <Panel title={t("Removed")}>
      <Stack>
        {running.map((one) => (
          <Stack key={one.id} gap={4}>
            <Text size="sm">{t("The import of {file} is being undone", { file: one.file_name })}</Text>
            {one.undo && <WorkProgress work={one.undo} noun={t("undoing")} />}
          </Stack>
        ))}
        <Ready query={removals} what={t("what was removed")}>
          {({ results }) => <Removals rows={together(results)} />}
        </Ready>
      </Stack>
    </Panel>
  );
}

function Removals({ rows }: { rows: Removal[] }) {
  if (rows.length === 0) return null;
  return (
    <Table.ScrollContainer minWidth={480}>
      <Table aria-label={t("Removed")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("What")}</Table.Th>
            <Table.Th>{t("Items")}</Table.Th>
            <Table.Th>{t("Stayed")}</Table.Th>
            <Table.Th>{t("When")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((one) => (
            <Table.Tr key={one.id}>
              <Table.Td dir="auto">{what(one)}</Table.Td>
              <Table.Td>{count(one.n_items)}</Table.Td>
              <Table.Td>{one.import_id === null ? "–" : plural(one.n_kept, "{n} item", "{n} items", { n: count(one.n_kept) })}</Table.Td>
              <Table.Td>{one.by ? t("{time}, {person}", { time: when(one.at), person: one.by }) : when(one.at)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function what(one: Removal): string {
  if (one.import_id !== null) return t("Import of {file}", { file: one.file_name });
  return one.key ? t("Item {key}", { key: one.key }) : t("Items");
}
