import { Group, NativeSelect, NumberInput, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";

import type { Project, Round } from "@/api/types";
import { said } from "@/labeling/names";
import { rich } from "@/language/rich";
import { msg, t } from "@/language/translate";
import { ItemPages } from "@/review/items/item-pages";
import { useRoundItemFilters } from "@/review/items/use-item-filters";
import { roundItemsQuery } from "@/training/api";
import { TextLink } from "@/ui/link";

const SETS = [
  { value: "pool", label: msg("the pool") },
  { value: "holdout", label: msg("the holdout") },
  { value: "test", label: msg("the test set") },
];
const ORDERS = [
  { value: "-confidence", label: msg("surest first") },
  { value: "confidence", label: msg("least sure first") },
];

/** The items behind a round's charts, by what it said of them; each with the label that stands now. */
export function RoundItems({ project, round }: { project: Project; round: Round }) {
  const [filters, change] = useRoundItemFilters();
  const query = useInfiniteQuery(roundItemsQuery(project.id, round.id, filters));
  const classes = [{ value: "", label: t("any") }, ...project.classes.map((one) => ({ value: String(one.id), label: one.name }))];
  const isOfPool = (filters.of ?? "pool") === "pool";
  return (
    <>
      <Text size="sm" mb="sm">
        {rich("What {round} said of its items, when it was made. {all}", {
          round: (
            <TextLink size="sm" to={`/projects/${project.id}/rounds/${round.id}`}>
              {t("round {n}", { n: `${round.run_number}.${round.number}` })}
            </TextLink>
          ),
          all: (
            <TextLink size="sm" to={`/projects/${project.id}/items`}>
              {t("All items")}
            </TextLink>
          ),
        })}
      </Text>
      <Group align="flex-end" gap="sm" mb="md" role="search" aria-label={t("Filter items")}>
        <NativeSelect
          label={t("Of")}
          data={said(SETS)}
          value={filters.of ?? "pool"}
          onChange={(event) => change({ of: event.currentTarget.value as "pool", truth: event.currentTarget.value === "pool" ? undefined : filters.truth })}
        />
        <NativeSelect
          label={t("The round said")}
          data={classes}
          value={String(filters.predicted ?? "")}
          onChange={(event) => change({ predicted: Number(event.currentTarget.value) || undefined })}
        />
        {!isOfPool && (
          <NativeSelect
            label={t("People said")}
            data={classes}
            value={String(filters.truth ?? "")}
            onChange={(event) => change({ truth: Number(event.currentTarget.value) || undefined })}
          />
        )}
        <Percent label={t("Confidence from %")} value={filters.confidence_min} onChange={(confidence_min) => change({ confidence_min })} />
        <Percent label={t("below %")} value={filters.confidence_below} onChange={(confidence_below) => change({ confidence_below })} />
        <NativeSelect label={t("Order")} data={said(ORDERS)} value={filters.order ?? "-confidence"} onChange={(event) => change({ order: event.currentTarget.value })} />
      </Group>
      <ItemPages project={project} query={query} hint={t("Loosen the filters above.")} />
    </>
  );
}

function Percent({ label, value, onChange }: { label: string; value: number | undefined; onChange: (share: number | undefined) => void }) {
  return (
    <NumberInput
      label={label}
      min={0}
      max={100}
      decimalScale={1}
      w={150}
      value={value === undefined ? "" : Math.round(value * 1000) / 10}
      onChange={(given) => onChange(given === "" ? undefined : Math.round(Number(given) * 10) / 1000)}
    />
  );
}
