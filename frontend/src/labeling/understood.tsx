import { Accordion, Table, Text } from "@mantine/core";

import type { ImportReport } from "@/api/types";
import { DELIMITERS, ROLES, TYPES } from "@/labeling/reading-names";
import { type Message, t } from "@/language/translate";
import { said } from "@/ui/server-says";

/** How the file was read, with the reason for each column; folded, since it is mostly right. */
export function Understood({ report }: { report: ImportReport }) {
  if (report.format === "") return null;
  const facts = [
    [t("Format"), report.layout ? t("{format}, as {tool} writes it", { format: report.format, tool: report.layout }) : report.format],
    [t("Encoding"), report.encoding],
    [t("Columns are separated by"), name(DELIMITERS, report.delimiter)],
    [t("Items are"), name(TYPES, report.item_type)],
  ].filter((fact): fact is [string, string] => Boolean(fact[1]));
  return (
    <Accordion variant="contained" chevronPosition="left">
      <Accordion.Item value="understood">
        <Accordion.Control>
          <Text size="sm">{t("How the file was read, and why")}</Text>
        </Accordion.Control>
        <Accordion.Panel>
          <Table fz="sm">
            <Table.Tbody>
              {facts.map(([what, value]) => (
                <Table.Tr key={what}>
                  <Table.Th>{what}</Table.Th>
                  <Table.Td colSpan={2} dir="auto">
                    {value}
                  </Table.Td>
                </Table.Tr>
              ))}
              {report.columns.map((column) => (
                <Table.Tr key={column.name}>
                  <Table.Th dir="auto">{column.name}</Table.Th>
                  <Table.Td>{name(ROLES, column.role)}</Table.Td>
                  <Table.Td c="dimmed">{said(column.why)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  );
}

function name(choices: readonly { value: string; label: Message }[], value: string | null): string | null {
  const found = choices.find((one) => one.value === value);
  return found ? t(found.label) : value;
}
