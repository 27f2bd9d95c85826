import { Table, Text, VisuallyHidden } from "@mantine/core";

import type { Features, Item, Project, RoundItem } from "@/api/types";
import { orderedValues, useColumns, type Column } from "@/labeling/columns";
import { SPLITS } from "@/labeling/names";
import { t } from "@/language/translate";
import { LabelCell } from "@/review/items/label-cell";
import { SaidCell } from "@/review/items/said-cell";
import { RelabelSelect } from "@/review/items/relabel-select";
import { TextLink } from "@/ui/link";

const N_VALUES = 8;

export function ItemTable({ project, items }: { project: Project; items: readonly (Item | RoundItem)[] }) {
  const { columns } = useColumns(project.item_type === "table");
  const isOfRound = items.some((item) => "said" in item);
  return (
    <Table.ScrollContainer minWidth={720}>
      <Table verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("Key")}</Table.Th>
            <Table.Th>{t("Item")}</Table.Th>
            <Table.Th>{t("Label")}</Table.Th>
            {isOfRound && <Table.Th>{t("The round said")}</Table.Th>}
            <Table.Th>{t("Split")}</Table.Th>
            <Table.Th w={130}>
              <VisuallyHidden>{t("Relabel")}</VisuallyHidden>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map((item) => (
            <Table.Tr key={item.id}>
              <Table.Td maw={200} w={200}>
                <TextLink to={`/projects/${project.id}/items/${item.id}`} size="sm" dir="auto" truncate display="block" title={item.key}>
                  {item.key}
                </TextLink>
              </Table.Td>
              <Table.Td maw={460}>
                <Text size="sm" lineClamp={2} dir="auto">
                  {item.text ?? summary(item.features, columns)}
                </Text>
              </Table.Td>
              <Table.Td>
                <LabelCell label={item.label} isWithheld={item.is_withheld} classes={project.classes} />
              </Table.Td>
              {"said" in item && (
                <Table.Td>
                  <SaidCell said={item.said} classes={project.classes} />
                </Table.Td>
              )}
              <Table.Td>{t(SPLITS[item.split])}</Table.Td>
              <Table.Td>
                <RelabelSelect project={project} item={item} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** The first values of a row or series; the item's own page shows them all. */
function summary(features: Features | null, columns: readonly Column[]): string {
  if (features === null) return "";
  const values = Array.isArray(features) ? features.map(String) : orderedValues(features, columns).map(([name, value]) => `${name} ${value ?? t("missing")}`);
  const first = values.slice(0, N_VALUES).join(", ");
  return values.length > N_VALUES ? t("{values} and {n} more", { values: first, n: values.length - N_VALUES }) : first;
}
