import { Table } from "@mantine/core";

import type { Evaluation, LabelClass } from "@/api/types";
import { t } from "@/language/translate";
import { ClassTag } from "@/ui/class-tag";
import { count, percent } from "@/ui/format";
import { Panel } from "@/ui/panel";

/** Precision, recall and F1 of each class, and their plain means. */
export function ClassScores({ evaluation, set, classes }: { evaluation: Evaluation; set: "test" | "holdout"; classes: readonly LabelClass[] }) {
  const { per_class, macro } = evaluation;
  return (
    <Panel title={t("Scores by class")} note={set === "test" ? t("On the test items") : t("On the holdout items")}>
      <Table.ScrollContainer minWidth={480}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("Class")}</Table.Th>
              <Table.Th>{t("Precision")}</Table.Th>
              <Table.Th>{t("Recall")}</Table.Th>
              <Table.Th>F1</Table.Th>
              <Table.Th>{t("Items")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {per_class.map((row) => {
              const one = classes.find((each) => each.id === row.class_id);
              return (
                <Table.Tr key={row.class_id}>
                  <Table.Td>{one ? <ClassTag name={one.name} colour={one.colour} /> : t("class {id}", { id: row.class_id })}</Table.Td>
                  <Table.Td>{percent(row.precision)}</Table.Td>
                  <Table.Td>{percent(row.recall)}</Table.Td>
                  <Table.Td>{percent(row.f1)}</Table.Td>
                  <Table.Td>{count(row.support)}</Table.Td>
                </Table.Tr>
              );
            })}
            <Table.Tr fw={600}>
              <Table.Td>{t("Mean of the classes")}</Table.Td>
              <Table.Td>{percent(macro.precision)}</Table.Td>
              <Table.Td>{percent(macro.recall)}</Table.Td>
              <Table.Td>{percent(macro.f1)}</Table.Td>
              <Table.Td>{count(evaluation.n)}</Table.Td>
            </Table.Tr>
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Panel>
  );
}
