import { Alert, ScrollArea, Table, Text } from "@mantine/core";

import type { Problem } from "@/api/types";
import { plural, t } from "@/language/translate";
import { count } from "@/ui/format";

/** What is wrong in a file, row by row. Such rows are left out; the rest goes in. */
export function ProblemList({ problems, n_problems }: { problems: Problem[]; n_problems: number }) {
  return (
    <Alert color="orange" title={plural(n_problems, "{n} problem", "{n} problems", { n: count(n_problems) })}>
      <ScrollArea.Autosize mah={220}>
        <Table fz="sm">
          <Table.Tbody>
            {problems.map((problem, i) => (
              <Table.Tr key={i}>
                <Table.Td w={110}>{problem.row === null ? t("file") : t("row {n}", { n: problem.row })}</Table.Td>
                <Table.Td>
                  {problem.field && <b>{problem.field}: </b>}
                  {problem.message}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea.Autosize>
      {n_problems > problems.length && (
        <Text size="sm" mt="xs">
          {t("The first {n} are shown.", { n: problems.length })}
        </Text>
      )}
    </Alert>
  );
}
