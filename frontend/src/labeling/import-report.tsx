import { List, Stack, Text } from "@mantine/core";

import type { Import } from "@/api/types";
import { ProblemList } from "@/labeling/problem-list";
import { plural, t } from "@/language/translate";
import { count } from "@/ui/format";

/** What came of an import: added, known before, duplicates, conflicts, problems. */
export function ImportReportView({ data }: { data: Import }) {
  const { report } = data;
  const n_known = { n: count(report.n_known) };
  const n_same = { n: count(report.n_duplicate_content) };
  const parts = [
    t("{items} and {labels} added", {
      items: plural(data.n_items_added, "{n} item", "{n} items", { n: count(data.n_items_added) }),
      labels: plural(data.n_labels_added, "{n} label", "{n} labels", { n: count(data.n_labels_added) }),
    }),
    ...(report.n_known > 0
      ? [plural(report.n_known, "{n} row held items that were there before", "{n} rows held items that were there before", n_known)]
      : []),
    ...(report.n_duplicate_content > 0
      ? [plural(report.n_duplicate_content, "{n} row have the same content as another item", "{n} rows have the same content as another item", n_same)]
      : []),
  ];
  return (
    <Stack gap="xs">
      <Text size="sm">{parts.join("; ")}</Text>
      {report.n_label_conflicts > 0 && (
        <Text size="sm">
          {plural(
            report.n_label_conflicts,
            "{n} item have two different labels. None was chosen: {examples}",
            "{n} items have two different labels. None was chosen: {examples}",
            {
              n: count(report.n_label_conflicts),
              examples: report.conflicts
                .slice(0, 3)
                .map((one) => t("row {n}, {key}", { n: count(one.row), key: one.key }))
                .join("; "),
            },
          )}
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
