import { Alert, Badge, Group, List, Stack, Table, Text } from "@mantine/core";

import type { ImportReport } from "@/api/types";
import { ProblemList } from "@/labeling/problem-list";
import { plural, t } from "@/language/translate";
import { count } from "@/ui/format";
import { said } from "@/ui/server-says";

/** What an import came to, or would: rows that are items, repeats or left out; labels by origin; what is odd. */
export function ImportReportView({ report, withClasses = true }: { report: ImportReport; withClasses?: boolean }) {
  if (report.n_rows === 0) return null;
  const { labels } = report;
  return (
    <Stack gap="xs" data-testid="import-report">
      {report.warnings.map((warning) => (
        <Alert key={warning} color="red" role="alert" py="xs" fw={600}>
          {said(warning)}
        </Alert>
      ))}
      <Text size="sm" fw={600}>
        {t("{rows} = {items} + {repeats} + {dropped}", {
          rows: plural(report.n_rows, "{n} row", "{n} rows", { n: count(report.n_rows) }),
          items: plural(report.n_items, "{n} item", "{n} items", { n: count(report.n_items) }),
          repeats: plural(report.n_repeats, "{n} repeat", "{n} repeats", { n: count(report.n_repeats) }),
          dropped: t("{n} left out", { n: count(report.n_dropped) }),
        })}
      </Text>
      <Text size="sm">
        {t("Labels: {person} by people, {machine} by machines; {none} without", {
          person: count(labels.person),
          machine: count(labels.machine),
          none: plural(labels.none, "{n} item", "{n} items", { n: count(labels.none) }),
        })}
      </Text>
      {withClasses && report.classes.length > 0 && <ClassBadges classes={report.classes} />}
      {report.n_known > 0 && (
        <Text size="sm">
          {plural(report.n_known, "{n} row held items that were there before", "{n} rows held items that were there before", {
            n: count(report.n_known),
          })}
        </Text>
      )}
      {report.n_duplicate_content > 0 && (
        <Text size="sm">
          {plural(
            report.n_duplicate_content,
            "{n} row have the same content as another item",
            "{n} rows have the same content as another item",
            { n: count(report.n_duplicate_content) },
          )}
        </Text>
      )}
      {report.dropped.length > 0 && (
        <Table fz="sm" aria-label={t("Left out")}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th w={160}>{t("Left out")}</Table.Th>
              <Table.Th>{t("Why")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {report.dropped.map((one) => (
              <Table.Tr key={`${one.what} ${one.why}`}>
                <Table.Td dir="auto">
                  {count(one.n)} {whatName(one.what)}
                </Table.Td>
                <Table.Td>{said(one.why)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {report.n_label_conflicts > 0 && (
        <Text size="sm">
          {plural(
            report.n_label_conflicts,
            "{n} row contradicts a label, such as {examples}",
            "{n} rows contradict a label, such as {examples}",
            {
              n: count(report.n_label_conflicts),
              examples: report.conflicts
                .slice(0, 3)
                .map((one) => t("row {n}, {key}", { n: count(one.row), key: one.key }))
                .join("; "),
            },
          )}
        </Text>
      )}
      {report.notes.length > 0 && (
        <List size="sm">
          {report.notes.map((note) => (
            <List.Item key={note}>{said(note)}</List.Item>
          ))}
        </List>
      )}
      {report.n_problems > 0 && <ProblemList problems={report.problems} n_problems={report.n_problems} file={report.file} />}
    </Stack>
  );
}

export function ClassBadges({ classes }: { classes: ImportReport["classes"] }) {
  return (
    <Group gap="xs">
      <Text size="sm" fw={600}>
        {t("Classes found:")}
      </Text>
      {classes.slice(0, MOST_CLASSES).map((one) => (
        <Badge key={one.name} variant="default" tt="none" dir="auto">
          {t("{name} ({n})", { name: one.name, n: count(one.n) })}
        </Badge>
      ))}
      {classes.length > MOST_CLASSES && <Text size="sm">{t("and {n} more", { n: count(classes.length - MOST_CLASSES) })}</Text>}
    </Group>
  );
}

const MOST_CLASSES = 100;

function whatName(what: string): string {
  if (what === "rows") return t("rows");
  if (what === "labels") return t("labels");
  if (what === "values") return t("values");
  return what;
}
