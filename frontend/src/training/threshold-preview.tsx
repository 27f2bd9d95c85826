import { Alert, Slider, Stack, Text } from "@mantine/core";

import type { RoundSummary, ThresholdRow } from "@/api/types";
import { rich } from "@/language/rich";
import { plural, t } from "@/language/translate";
import { count, decimal, percent, percentWithin } from "@/ui/format";

interface Props {
  threshold: number;
  rows: readonly ThresholdRow[];
  round: RoundSummary | undefined;
  onChange: (threshold: number) => void;
}

/** A threshold from 0.50 to 0.99, and what it would have accepted in the last round. */
export function ThresholdSlider({ threshold, rows, round, onChange }: Props) {
  const row = rows.find((one) => Math.abs(one.threshold - threshold) < 0.005);
  return (
    <Stack gap="xs">
      <Text size="sm" fw={500} id="threshold-label">
        {t("Threshold: {threshold}", { threshold: decimal(threshold, 2) })}
      </Text>
      <Slider
        min={0.5}
        max={0.99}
        step={0.01}
        value={threshold}
        onChange={onChange}
        label={(value) => decimal(value, 2)}
        thumbLabel={t("Threshold")}
        marks={[0.5, 0.6, 0.7, 0.8, 0.9, 0.99].map((value) => ({ value, label: decimal(value, 2) }))}
        mb="lg"
      />
      {row && round ? (
        <Alert color="gray" py="xs">
          <Text size="sm">
            {rich("In round {round} this would have accepted {items} ({share} of the pool).", {
              round: `${round.run_number}.${round.number}`,
              items: <b>{plural(row.n_accepted, "{n} item", "{n} items", { n: count(row.n_accepted) })}</b>,
              share: percent(row.share),
            })}{" "}
            {row.holdout_precision === null
              ? t("No holdout item was that sure, so nothing is known of how many would be right.")
              : t("Of {n} holdout items that were this sure, {share} are right.", {
                  n: count(row.holdout_n),
                  share: percentWithin(row.holdout_precision, row.holdout_low, row.holdout_high),
                })}
          </Text>
        </Alert>
      ) : (
        <Text size="sm" c="dimmed">
          {t("After the first round this shows what the threshold would have accepted.")}
        </Text>
      )}
    </Stack>
  );
}
