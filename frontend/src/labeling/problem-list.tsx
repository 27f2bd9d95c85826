import { Alert, ScrollArea, Table, Text } from "@mantine/core";

import type { Problem } from "@/api/types";
import { counted } from "@/ui/format";

/** What is wrong in a file, row by row. Such rows are left out; the rest goes in. */
export function ProblemList({ problems, n_problems }: { problems: Problem[]; n_problems: number }) {
  return (
    <Alert color="orange" title={counted(n_problems, "problem")}>
      <ScrollArea.Autosize mah={220}>
        <Table fz="sm">
          <Table.Tbody>
            {problems.map((problem, i) => (
              <Table.Tr key={i}>
                <Table.Td w={110}>{problem.row === null ? "file" : `row ${problem.row}`}</Table.Td>
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
          The first {problems.length} are shown.
        </Text>
      )}
    </Alert>
  );
}
