import { NativeSelect, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { mayReview } from "@/api/roles";
import type { Item, Project } from "@/api/types";
import { t } from "@/language/translate";
import { relabelItems } from "@/review/api";
import { fieldError, formError } from "@/ui/errors";

/** Lets a reviewer say what the item is, past the queue. What stood before is retired, not deleted. */
export function RelabelSelect({ project, item }: { project: Project; item: Item }) {
  const client = useQueryClient();
  const relabel = useMutation({
    mutationFn: (classId: number) => relabelItems(project.id, [{ item_id: item.id, class_id: classId }]),
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ["projects", project.id] }),
        client.invalidateQueries({ queryKey: ["items", item.id] }),
      ]),
  });
  if (!mayReview(project)) return null;
  return (
    <>
      <NativeSelect
        size="xs"
        aria-label={t("Relabel {key}", { key: item.key })}
        value=""
        disabled={relabel.isPending}
        data={[
          { value: "", label: item.label ? t("relabel…") : t("label…"), disabled: true },
          ...project.classes.map((one) => ({ value: String(one.id), label: one.name })),
        ]}
        onChange={(event) => relabel.mutate(Number(event.currentTarget.value))}
      />
      {relabel.isError && (
        <Text size="xs" c="red" role="alert">
          {fieldError(relabel.error, "row 0") ?? formError(relabel.error)}
        </Text>
      )}
    </>
  );
}
