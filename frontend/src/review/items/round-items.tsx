import { Group, NativeSelect, NumberInput, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";

import type { Project, Round } from "@/api/types";
import { ItemPages } from "@/review/items/item-pages";
import { useRoundItemFilters } from "@/review/items/use-item-filters";
import { roundItemsQuery } from "@/training/api";
import { TextLink } from "@/ui/link";

const SETS = [
  { value: "pool", label: "the pool" },
  { value: "holdout", label: "the holdout" },
  { value: "test", label: "the test set" },
];
const ORDERS = [
  { value: "-confidence", label: "surest first" },
  { value: "confidence", label: "least sure first" },
];

/** The items behind a round's charts, by what it said of them; each with the label that stands now. */
export function RoundItems({ project, round }: { project: Project; round: Round }) {
  const [filters, change] = useRoundItemFilters();
  const query = useInfiniteQuery(roundItemsQuery(project.id, round.id, filters));
  const classes = [{ value: "", label: "any" }, ...project.classes.map((one) => ({ value: String(one.id), label: one.name }))];
  const isOfPool = (filters.of ?? "pool") === "pool";
  return (
    <>
      <Text size="sm" mb="sm">
        What{" "}
        <TextLink size="sm" to={`/projects/${project.id}/rounds/${round.id}`}>
          round {round.run_number}.{round.number}
        </TextLink>{" "}
        said of its items, when it was made.{" "}
        <TextLink size="sm" to={`/projects/${project.id}/items`}>
          All items
        </TextLink>
      </Text>
      <Group align="flex-end" gap="sm" mb="md" role="search" aria-label="Filter items">
        <NativeSelect
          label="Of"
          data={SETS}
          value={filters.of ?? "pool"}
          onChange={(event) => change({ of: event.currentTarget.value as "pool", truth: event.currentTarget.value === "pool" ? undefined : filters.truth })}
        />
        <NativeSelect
          label="The round said"
          data={classes}
          value={String(filters.predicted ?? "")}
          onChange={(event) => change({ predicted: Number(event.currentTarget.value) || undefined })}
        />
        {!isOfPool && (
          <NativeSelect
            label="People said"
            data={classes}
            value={String(filters.truth ?? "")}
            onChange={(event) => change({ truth: Number(event.currentTarget.value) || undefined })}
          />
        )}
        <Percent label="Confidence from %" value={filters.confidence_min} onChange={(confidence_min) => change({ confidence_min })} />
        <Percent label="below %" value={filters.confidence_below} onChange={(confidence_below) => change({ confidence_below })} />
        <NativeSelect label="Order" data={ORDERS} value={filters.order ?? "-confidence"} onChange={(event) => change({ order: event.currentTarget.value })} />
      </Group>
      <ItemPages project={project} query={query} hint="Loosen the filters above." />
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
