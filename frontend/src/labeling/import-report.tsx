import { List, Stack, Text } from "@mantine/core";

import type { Import } from "@/api/types";
import { ProblemList } from "@/labeling/problem-list";
import { count, counted } from "@/ui/format";

/** What came of an import: added, known before, duplicates, conflicts, problems. */
export function ImportReportView({ data }: { data: Import }) {
  const { report } = data;
  const rows = (n: number) => counted(n, "row");
  return (
    <Stack gap="xs">
      <Text size="sm">
        {counted(data.n_items_added, "item")} and {counted(data.n_labels_added, "label")} added
        {report.n_known > 0 && `; ${rows(report.n_known)} held items that were there before`}
        {report.n_duplicate_content > 0 && `; ${rows(report.n_duplicate_content)} have the same content as another item`}
      </Text>
      {report.n_label_conflicts > 0 && (
        <Text size="sm">
          {counted(report.n_label_conflicts, "item")} have two different labels. None was chosen:{" "}
          {report.conflicts
            .slice(0, 3)
            .map((one) => `row ${count(one.row)}, ${one.key}`)
            .join("; ")}
        </Text>
      )}
      {report.notes.length > 0 && (
        <List size="sm">
          {report.notes.map((note) => (
            <List.Item key={note}>{note}</List.Item>
          ))}
        </List>
      )}
      {report.n_problems > 0 && <ProblemList problems={report.problems} n_problems={report.n_problems} />}
    </Stack>
  );
}
