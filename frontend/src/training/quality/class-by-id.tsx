import type { LabelClass } from "@/api/types";
import { t } from "@/language/translate";
import { ClassTag } from "@/ui/class-tag";

/** A class by its id; one that was deleted since has no name any more. */
export function ClassById({ classes, id }: { classes: readonly LabelClass[]; id: number }) {
  const found = classes.find((one) => one.id === id);
  return <ClassTag name={found?.name ?? t("deleted class")} colour={found?.colour ?? "gray"} />;
}
