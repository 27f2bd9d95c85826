import { Group, NativeSelect, NumberInput, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";

import type { LabelClass } from "@/api/types";
import type { ItemFilters } from "@/labeling/api";
import { said } from "@/labeling/names";
import { msg, t } from "@/language/translate";

const SOURCES = [
  { value: "", label: msg("anybody or nobody") },
  { value: "human", label: msg("people") },
  { value: "machine", label: msg("the model") },
  { value: "none", label: msg("nobody yet") },
];
const SPLITS = [
  { value: "", label: msg("all") },
  { value: "pool", label: msg("pool") },
  { value: "holdout", label: msg("holdout") },
  { value: "test", label: msg("test") },
];
const ORDERS = [
  { value: "id", label: msg("oldest first") },
  { value: "-id", label: msg("newest first") },
  { value: "confidence", label: msg("least sure first") },
  { value: "-confidence", label: msg("surest first") },
];

interface Props {
  filters: ItemFilters;
  classes: readonly LabelClass[];
  /** Whoever looks answers blind: there is nothing to filter by but how items begin. */
  isBlind: boolean;
  onChange: (change: Partial<ItemFilters>) => void;
}

/** Which items are shown, and in what order. The choice lives in the address, so it can be shared. */
export function ItemFilterBar({ filters, classes, isBlind, onChange }: Props) {
  const search = useDebouncedCallback((text: string) => onChange({ search: text || undefined }), 300);
  const confidence = (value: string | number) => (value === "" ? undefined : Number(value) / 100);
  const classOptions = [{ value: "", label: t("any") }, ...classes.map((one) => ({ value: String(one.id), label: one.name }))];
  return (
    <Group align="flex-end" gap="sm" mb="md" role="search" aria-label={t("Filter items")}>
      <TextInput
        label={t("Key or text begins with")}
        defaultValue={filters.search ?? ""}
        onChange={(event) => search(event.currentTarget.value)}
        w={190}
      />
      {isBlind ? null : (
        <>
      <NativeSelect label={t("Labeled by")} data={said(SOURCES)} value={filters.source ?? ""} onChange={(event) => onChange({ source: event.currentTarget.value || undefined })} />
      <NativeSelect
        label={t("Class")}
        data={classOptions}
        value={String(filters.class ?? "")}
        onChange={(event) => onChange({ class: Number(event.currentTarget.value) || undefined })}
      />
      <NumberInput
        label={t("Confidence from %")}
        min={0}
        max={100}
        w={150}
        value={filters.confidence_min === undefined ? "" : Math.round(filters.confidence_min * 100)}
        onChange={(value) => onChange({ confidence_min: confidence(value) })}
      />
      <NumberInput
        label={t("to %")}
        min={0}
        max={100}
        w={90}
        value={filters.confidence_max === undefined ? "" : Math.round(filters.confidence_max * 100)}
        onChange={(value) => onChange({ confidence_max: confidence(value) })}
      />
      <NativeSelect label={t("Split")} data={said(SPLITS)} value={filters.split ?? ""} onChange={(event) => onChange({ split: event.currentTarget.value || undefined })} />
        </>
      )}
      <NativeSelect label={t("Order")} data={said(isBlind ? ORDERS.slice(0, 2) : ORDERS)} value={filters.order ?? "id"} onChange={(event) => onChange({ order: event.currentTarget.value })} />
    </Group>
  );
}
