/** What an uploaded file looks like to the importer, and what can be changed about that. */

import { Alert, Badge, Button, Group, List, NativeSelect, Paper, Progress, ScrollArea, SimpleGrid, Stack, Switch, Table, Text, TextInput } from "@mantine/core";

import type { Check, ImportOptions, ItemType, Preview, RowPreview } from "@/api/types";
import { type JoinAnswers, labelColumn, questionsOf } from "@/labeling/import-answers";
import { ImportQuestions } from "@/labeling/import-questions";
import { ClassBadges, ImportReportView } from "@/labeling/import-report";
import { said } from "@/labeling/names";
import { ProblemList } from "@/labeling/problem-list";
import { DELIMITERS, ROLES, TYPES } from "@/labeling/reading-names";
import type { CheckState } from "@/labeling/use-check";
import { plural, t } from "@/language/translate";
import { count, percent } from "@/ui/format";
import { formError } from "@/ui/errors";
import { said as saidByServer } from "@/ui/server-says";

interface Props {
  preview: Preview;
  /** Set where the project exists and its item type is given. */
  isTypeFixed: boolean;
  isBusy: boolean;
  /** What somebody chose; all else in the preview's options was detected. */
  chosen: ImportOptions;
  counting: CheckState;
  joins: JoinAnswers;
  onJoin: (answers: JoinAnswers) => void;
  onChange: (change: { item_type?: ItemType; options?: ImportOptions }) => void;
}

export function PreviewPanel({ preview, isTypeFixed, isBusy, chosen, counting, joins, onJoin, onChange }: Props) {
  const { options } = preview;
  const { check } = counting;
  const isCounted = check?.state === "done";
  const change = (part: ImportOptions) => onChange({ options: { ...chosen, ...part } });

  return (
    <Stack>
      <Group gap="xs">
        <Badge variant="light">{preview.layout || preview.format}</Badge>
        <Text size="sm">{counted(preview, check)}</Text>
      </Group>
      <Counting counting={counting} />
      {isCounted && <ImportReportView report={check.report} />}
      {!isCounted && preview.notes.length > 0 && (
        <List size="sm">
          {preview.notes.map((note) => (
            <List.Item key={note}>{saidByServer(note)}</List.Item>
          ))}
        </List>
      )}
      <ImportQuestions
        questions={questionsOf(preview, check)}
        joins={joins}
        isBusy={isBusy}
        onEncoding={(encoding) => change({ encoding, columns: undefined })}
        onLabelColumn={(name) => change({ columns: labelColumn(preview.columns, chosen.columns, name) })}
        onLabelsFrom={(who) => change({ labels_from: who })}
        onJoin={onJoin}
      />
      <SimpleGrid cols={{ base: 1, xs: 2, sm: 4 }}>
        <NativeSelect
          label={t("Items are")}
          data={said(TYPES)}
          value={preview.item_type}
          disabled={isTypeFixed || isBusy}
          onChange={(event) => onChange({ item_type: event.currentTarget.value as ItemType, options: {} })}
        />
        {options.delimiter !== undefined && (
          <NativeSelect
            label={t("Columns are separated by")}
            data={said(DELIMITERS)}
            value={options.delimiter}
            disabled={isBusy}
            onChange={(event) => change({ delimiter: event.currentTarget.value, columns: undefined })}
          />
        )}
        {options.encoding !== undefined && (
          <TextInput
            key={options.encoding}
            label={t("Encoding")}
            defaultValue={options.encoding}
            disabled={isBusy}
            onBlur={(event) => event.currentTarget.value !== options.encoding && change({ encoding: event.currentTarget.value })}
          />
        )}
        {options.has_header !== undefined && (
          <Switch
            mt={28}
            label={t("First row is a header")}
            checked={options.has_header}
            disabled={isBusy}
            onChange={(event) => change({ has_header: event.currentTarget.checked, columns: undefined })}
          />
        )}
      </SimpleGrid>
      {preview.columns.length > 0 && (
        <Paper withBorder p="sm">
          <Text fw={600} size="sm" mb="xs">
            {t("Columns")}
          </Text>
          <ScrollArea.Autosize mah={300}>
            <Table>
              <Table.Tbody>
                {preview.columns.map((column) => (
                  <Table.Tr key={column.name}>
                    <Table.Td fw={600} dir="auto">
                      {column.name}
                    </Table.Td>
                    <Table.Td w={140}>
                      <NativeSelect
                        size="xs"
                        aria-label={t("Role of column {name}", { name: column.name })}
                        data={said(ROLES)}
                        value={column.role}
                        disabled={isBusy}
                        onChange={(event) =>
                          change({ columns: { ...chosen.columns, [column.name]: event.currentTarget.value } })
                        }
                      />
                    </Table.Td>
                    <Table.Td>
                      <Text size="sm" c="dimmed" lineClamp={1} dir="auto">
                        {column.examples.join(" · ")}
                      </Text>
                      {column.why && (
                        <Text size="xs" c="dimmed">
                          {saidByServer(column.why)}
                        </Text>
                      )}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </ScrollArea.Autosize>
        </Paper>
      )}
      <FirstRows rows={preview.rows} />
      {!isCounted && preview.classes.length > 0 && <ClassBadges classes={preview.classes} />}
      {!isCounted && preview.n_problems > 0 && <ProblemList problems={preview.problems} n_problems={preview.n_problems} />}
      {preview.n_rows_seen === 0 && preview.n_problems === 0 && <Alert color="orange">{t("No rows were found in this file. Change how it is read above, or choose one with rows.")}</Alert>}
    </Stack>
  );
}

/** How many rows have a label: of the whole file once it is counted, of its first rows until then. */
function counted(preview: Preview, check: Check | undefined): string {
  const isCounted = check?.state === "done";
  const { labels } = check?.report ?? {};
  const isWhole = isCounted || preview.is_whole_file;
  const n = isCounted ? check.report.n_rows : preview.n_rows_seen;
  const seen = {
    n: count(n),
    labeled: count(isCounted && labels ? labels.person + labels.machine : preview.n_labeled),
    unlabeled: count(isCounted && labels ? labels.none : preview.n_unlabeled),
  };
  return isWhole
    ? plural(n, "{n} row in the file: {labeled} labeled, {unlabeled} unlabeled", "{n} rows in the file: {labeled} labeled, {unlabeled} unlabeled", seen)
    : plural(n, "Of the first row: {labeled} labeled, {unlabeled} unlabeled", "Of the first {n} rows: {labeled} labeled, {unlabeled} unlabeled", seen);
}

/** How far the counting of the whole file is. */
function Counting({ counting }: { counting: CheckState }) {
  const { check, error, stop } = counting;
  if (error || check?.state === "failed") {
    return (
      <Alert color="red" role="alert" title={t("The whole file could not be counted")}>
        {check?.error_message || formError(error)}
      </Alert>
    );
  }
  if (!check?.is_open) return null;
  const share = check.n_steps > 0 ? check.step / check.n_steps : 0;
  return (
    <Group gap="xs" role="status" wrap="nowrap">
      <Text size="sm">
        {check.state === "queued"
          ? t("Waiting for a worker to count the whole file")
          : t("Counting the whole file: {share}, {n} rows so far", { share: percent(share, 0), n: count(check.report.n_rows) })}
      </Text>
      <Progress value={share * 100} animated flex={1} aria-label={t("Counting")} />
      <Button size="compact-sm" variant="default" onClick={stop}>
        {t("Stop")}
      </Button>
    </Group>
  );
}

/** The first rows as they will be: what is shown is what is stored. */
function FirstRows({ rows }: { rows: RowPreview[] }) {
  if (rows.length === 0) return null;
  return (
    <Paper withBorder p="sm">
      <Text fw={600} size="sm" mb="xs">
        {t("First rows, as they will be")}
      </Text>
      <ScrollArea.Autosize mah={320}>
        <Table striped fz="sm" miw={480}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("Key")}</Table.Th>
              <Table.Th>{t("Item")}</Table.Th>
              <Table.Th>{t("Label")}</Table.Th>
              <Table.Th>{t("Split")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr key={row.row}>
                <Table.Td dir="auto">{row.key}</Table.Td>
                <Table.Td maw={460}>
                  <Payload row={row} />
                </Table.Td>
                <Table.Td dir="auto">{row.label ?? "–"}</Table.Td>
                <Table.Td>{row.split}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea.Autosize>
    </Paper>
  );
}

function Payload({ row }: { row: RowPreview }) {
  if (row.image) return <img src={row.image.data_url} alt={row.image.name} height={36} style={{ imageRendering: "pixelated" }} />;
  return (
    <Text size="sm" lineClamp={2} dir="auto">
      {row.text ?? featureText(row.features)}
    </Text>
  );
}

function featureText(features: RowPreview["features"]): string {
  if (features === null) return "–";
  if (Array.isArray(features)) return features.map(String).join(", ");
  return Object.entries(features)
    .map(([name, value]) => `${name} ${value === null ? t("missing") : String(value)}`)
    .join(", ");
}
