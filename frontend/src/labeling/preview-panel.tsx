/** What an uploaded file looks like to the importer, and what can be changed about that. */

import { Alert, Badge, Group, NativeSelect, Paper, ScrollArea, SimpleGrid, Stack, Switch, Table, Text, TextInput } from "@mantine/core";

import type { ImportOptions, ItemType, Preview, RowPreview } from "@/api/types";
import { ProblemList } from "@/labeling/problem-list";
import { count, counted } from "@/ui/format";

const ROLES = ["id", "text", "image", "feature", "series", "label", "confidence", "split", "ignore"];
const TYPES: { value: ItemType; label: string }[] = [
  { value: "text", label: "Texts" },
  { value: "image", label: "Images" },
  { value: "table", label: "Table rows" },
  { value: "series", label: "Numeric series" },
];
const DELIMITERS = [
  { value: ",", label: "comma" },
  { value: ";", label: "semicolon" },
  { value: "\t", label: "tab" },
  { value: "|", label: "bar" },
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
  const change = (part: ImportOptions) => onChange({ options: { ...options, ...part } });

  return (
    <Stack>
      <Group gap="xs">
        <Badge variant="light">{preview.format}</Badge>
        <Text size="sm">
          {counted(preview.n_rows_seen, "row")} {preview.is_whole_file ? "in the file" : "looked at so far"}: {count(preview.n_labeled)} labeled,{" "}
          {count(preview.n_unlabeled)} unlabeled
        </Text>
      </Group>
      <SimpleGrid cols={{ base: 1, xs: 2, sm: 4 }}>
        <NativeSelect
          label="Items are"
          data={TYPES}
          value={preview.item_type}
          disabled={isTypeFixed || isBusy}
          onChange={(event) => onChange({ item_type: event.currentTarget.value as ItemType, options: {} })}
        />
        {options.delimiter !== undefined && (
          <NativeSelect
            label="Columns are separated by"
            data={DELIMITERS}
            value={options.delimiter}
            disabled={isBusy}
            onChange={(event) => change({ delimiter: event.currentTarget.value, columns: undefined })}
          />
        )}
        {options.encoding !== undefined && (
          <TextInput
            key={options.encoding}
            label="Encoding"
            defaultValue={options.encoding}
            disabled={isBusy}
            onBlur={(event) => event.currentTarget.value !== options.encoding && change({ encoding: event.currentTarget.value })}
          />
        )}
        {options.has_header !== undefined && (
          <Switch
            mt={28}
            label="First row is a header"
            checked={options.has_header}
            disabled={isBusy}
            onChange={(event) => change({ has_header: event.currentTarget.checked, columns: undefined })}
          />
        )}
      </SimpleGrid>
      {preview.columns.length > 0 && (
        <Paper withBorder p="sm">
          <Text fw={600} size="sm" mb="xs">
            Columns
          </Text>
          <ScrollArea.Autosize mah={300}>
            <Table>
              <Table.Tbody>
                {preview.columns.map((column) => (
                  <Table.Tr key={column.name}>
                    <Table.Td fw={600}>{column.name}</Table.Td>
                    <Table.Td w={140}>
                      <NativeSelect
                        size="xs"
                        aria-label={`Role of column ${column.name}`}
                        data={ROLES}
                        value={column.role}
                        disabled={isBusy}
                        onChange={(event) =>
                          change({ columns: { ...options.columns, [column.name]: event.currentTarget.value } })
                        }
                      />
                    </Table.Td>
                    <Table.Td>
                      <Text size="sm" c="dimmed" lineClamp={1}>
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
            Classes found:
          </Text>
          {preview.classes.map((one) => (
            <Badge key={one.name} variant="default" tt="none">
              {one.name} ({count(one.n)})
            </Badge>
          ))}
        </Group>
      )}
      {preview.n_problems > 0 && <ProblemList problems={preview.problems} n_problems={preview.n_problems} />}
      {preview.n_rows_seen === 0 && preview.n_problems === 0 && <Alert color="orange">No rows were found in this file.</Alert>}
    </Stack>
  );
}

/** The first rows as they will be: what is shown is what is stored. */
function FirstRows({ rows }: { rows: RowPreview[] }) {
  if (rows.length === 0) return null;
  return (
    <Paper withBorder p="sm">
      <Text fw={600} size="sm" mb="xs">
        First rows, as they will be
      </Text>
      <ScrollArea.Autosize mah={320}>
        <Table striped fz="sm" miw={480}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Key</Table.Th>
              <Table.Th>Item</Table.Th>
              <Table.Th>Label</Table.Th>
              <Table.Th>Split</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr key={row.row}>
                <Table.Td>{row.key}</Table.Td>
                <Table.Td maw={460}>
                  <Payload row={row} />
                </Table.Td>
                <Table.Td>{row.label ?? "–"}</Table.Td>
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
    <Text size="sm" lineClamp={2}>
      {row.text ?? featureText(row.features)}
    </Text>
  );
}

function featureText(features: RowPreview["features"]): string {
  if (features === null) return "–";
  if (Array.isArray(features)) return features.map(String).join(", ");
  return Object.entries(features)
    .map(([name, value]) => `${name} ${value === null ? "missing" : String(value)}`)
    .join(", ");
}
