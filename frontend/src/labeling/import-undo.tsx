import { List, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import type { Import, Project } from "@/api/types";
import { importsQuery, undoImport, undoLookQuery } from "@/labeling/api";
import { KEPT_BY } from "@/labeling/kept-by";
import { plural, t } from "@/language/translate";
import { ConfirmButton } from "@/ui/confirm-button";
import { count } from "@/ui/format";
import { Ready } from "@/ui/query";
import { WorkProgress } from "@/ui/work-progress";

/** The way back of an import: what will go and what stays is said before, how far it is while it goes. */
export function ImportUndo({ project, data }: { project: Project; data: Import }) {
  const client = useQueryClient();
  const undo = useMutation({
    mutationFn: () => undoImport(data.id),
    onSuccess: () => client.invalidateQueries({ queryKey: importsQuery(project.id).queryKey }),
  });
  if (data.is_open || data.options.dry_run === true) return null;
  if (data.undo?.is_open) return <WorkProgress work={data.undo} noun={t("undoing")} />;
  if (data.undo?.state === "done") return <Undone report={data.undo.report} />;
  return (
    <Stack gap={4}>
      {data.undo?.error_message && (
        <Text size="xs" c="red">
          {data.undo.error_message}
        </Text>
      )}
      <ConfirmButton
        size="compact-sm"
        variant="default"
        label={t("Undo")}
        question={t("Undo the import of {file}?", { file: data.file_name })}
        confirmLabel={t("Undo the import")}
        error={undo.error}
        onConfirm={() => undo.mutateAsync()}
      >
        <Look importId={data.id} />
      </ConfirmButton>
    </Stack>
  );
}

/** What would go now, and what would stay. */
function Look({ importId }: { importId: number }) {
  const look = useQuery(undoLookQuery(importId));
  return (
    <Ready query={look} what={t("what would go")}>
      {(data) => (
        <>
          {data.refused !== "" && (
            <Text size="sm" c="red">
              {data.refused}
            </Text>
          )}
          {plural(data.n_items - data.n_items_kept, "{n} item that it added goes, with its label.", "{n} items that it added go, with their labels.", {
            n: count(data.n_items - data.n_items_kept),
          })}{" "}
          {plural(data.n_labels, "{n} label of the file no longer stands.", "{n} labels of the file no longer stand.", { n: count(data.n_labels) })}{" "}
          {data.n_items_kept > 0 &&
            plural(data.n_items_kept, "{n} item stays. What keeps it:", "{n} items stay. What keeps them:", {
              n: count(data.n_items_kept),
            })}
          <KeptList kept={data.kept} />
        </>
      )}
    </Ready>
  );
}

function Undone({ report }: { report: NonNullable<Import["undo"]>["report"] }) {
  const parts = [
    t("Undone"),
    plural(report.n_items_removed, "{n} item gone", "{n} items gone", { n: count(report.n_items_removed) }),
    ...(report.n_items_kept > 0 ? [plural(report.n_items_kept, "{n} stays", "{n} stay", { n: count(report.n_items_kept) })] : []),
  ];
  return (
    <>
      <Text size="sm">{parts.join(", ")}</Text>
      <KeptList kept={report.kept} />
    </>
  );
}

function KeptList({ kept }: { kept: Record<string, number> }) {
  const entries = Object.entries(kept);
  if (entries.length === 0) return null;
  return (
    <List size="xs">
      {entries.map(([what, n]) => (
        <List.Item key={what}>{t("{what}: {n}", { what: t(KEPT_BY[what] ?? KEPT_BY.labels), n: count(n) })}</List.Item>
      ))}
    </List>
  );
}
