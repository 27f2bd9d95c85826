import { Alert, Anchor, Group, ScrollArea, Table, Text } from "@mantine/core";

import type { Problem } from "@/api/types";
import { problemsCsv } from "@/labeling/problems-csv";
import { plural, t } from "@/language/translate";
import { count } from "@/ui/format";
import { said } from "@/ui/server-says";

/** What is wrong in a file, row by row. `file`: the one that is not named at each row, since it is the only one. */
export function ProblemList({ problems, n_problems, file = "" }: { problems: Problem[]; n_problems: number; file?: string }) {
  return (
    <Alert color="orange" title={plural(n_problems, "{n} problem", "{n} problems", { n: count(n_problems) })}>
      <ScrollArea.Autosize mah={220}>
        <Table fz="sm">
          <Table.Tbody>
            {problems.map((problem, i) => (
              <Table.Tr key={i}>
                <Table.Td w={110}>{problem.row === null ? t("file") : t("row {n}", { n: problem.row })}</Table.Td>
                <Table.Td>
                  {problem.file && problem.file !== file && (
                    <Text span size="sm" c="dimmed" dir="auto">
                      {problem.file}:{" "}
                    </Text>
                  )}
                  {problem.field && <b>{problem.field}: </b>}
                  {said(problem.message)}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea.Autosize>
      <Group justify="space-between" mt="xs">
        <Text size="sm">{n_problems > problems.length && t("The first {n} are shown.", { n: problems.length })}</Text>
        <Anchor size="sm" download="problems.csv" href={`data:text/csv;charset=utf-8,${encodeURIComponent(problemsCsv(problems))}`}>
          {t("Download as CSV")}
        </Anchor>
      </Group>
    </Alert>
  );
}
