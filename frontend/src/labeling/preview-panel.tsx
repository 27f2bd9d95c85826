/** What an uploaded file looks like to the importer, and what can be changed about that. */

import { Alert, Badge, Group, NativeSelect, Paper, ScrollArea, SimpleGrid, Stack, Switch, Table, Text, TextInput } from "@mantine/core";

import type { ImportOptions, ItemType, Preview, RowPreview } from "@/api/types";
import { said } from "@/labeling/names";
import { ProblemList } from "@/labeling/problem-list";
import { type Message, msg, plural, t } from "@/language/translate";
import { count } from "@/ui/format";

const ROLES = [
  { value: "id", label: msg("id") },
  { value: "text", label: msg("text") },
  { value: "image", label: msg("image") },
  { value: "feature", label: msg("feature") },
  { value: "series", label: msg("series") },
  { value: "label", label: msg("label") },
  { value: "confidence", label: msg("confidence") },
  { value: "split", label: msg("split") },
  { value: "ignore", label: msg("ignore") },
];
const TYPES: { value: ItemType; label: Message }[] = [
  { value: "text", label: msg("Texts") },
  { value: "image", label: msg("Images") },
  { value: "table", label: msg("Table rows") },
  { value: "series", label: msg("Numeric series") },
];
const DELIMITERS = [
  { value: ",", label: msg("comma") },
  { value: ";", label: msg("semicolon") },
  { value: "\t", label: msg("tab") },
  { value: "|", label: msg("bar") },
];

interface Props {
  preview: Preview;
  /** Set where the project exists and its item type is given. */
  isTypeFixed: boolean;
  isBusy: boolean;
  onChange: (change: { item_type?: ItemType; options?: ImportOptions }) => void;
}

export function PreviewPanel({ preview, isTypeFixed, isBusy, onChange }: Props) {
  const { options } = preview;
  const seen = { n: count(preview.n_rows_seen), labeled: count(preview.n_labeled), unlabeled: count(preview.n_unlabeled) };
  const change = (part: ImportOptions) => onChange({ options: { ...options, ...part } });

  return (
    <Stack>
      <Group gap="xs">
        <Badge variant="light">{preview.format}</Badge>
        <Text size="sm">
          {preview.is_whole_file
            ? plural(preview.n_rows_seen, "{n} row in the file: {labeled} labeled, {unlabeled} unlabeled", "{n} rows in the file: {labeled} labeled, {unlabeled} unlabeled", seen)
            : plural(
                preview.n_rows_seen,
                "{n} row looked at so far: {labeled} labeled, {unlabeled} unlabeled",
                "{n} rows looked at so far: {labeled} labeled, {unlabeled} unlabeled",
                seen,
              )}
        </Text>
      </Group>
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
                          change({ columns: { ...options.columns, [column.name]: event.currentTarget.value } })
                        }
                      />
                    </Table.Td>
                    <Table.Td>
                      <Text size="sm" c="dimmed" lineClamp={1} dir="auto">
                        {column.examples.join(" · ")}
                      </Text>
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </ScrollArea.Autosize>
        </Paper>
      )}
      <FirstRows rows={preview.rows} />
      {preview.classes.length > 0 && (
        <Group gap="xs">
          <Text size="sm" fw={600}>
            {t("Classes found:")}
          </Text>
          {preview.classes.map((one) => (
            <Badge key={one.name} variant="default" tt="none" dir="auto">
              {t("{name} ({n})", { name: one.name, n: count(one.n) })}
            </Badge>
          ))}
        </Group>
      )}
      {preview.n_problems > 0 && <ProblemList problems={preview.problems} n_problems={preview.n_problems} />}
      {preview.n_rows_seen === 0 && preview.n_problems === 0 && <Alert color="orange">{t("No rows were found in this file. Change how it is read above, or choose one with rows.")}</Alert>}
    </Stack>
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
