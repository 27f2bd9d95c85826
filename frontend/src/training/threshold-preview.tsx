import { Alert, Slider, Stack, Text } from "@mantine/core";

import type { RoundSummary, ThresholdRow } from "@/api/types";
import { count, counted, percent, percentWithin } from "@/ui/format";

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
        Threshold: {threshold.toFixed(2)}
      </Text>
      <Slider
        min={0.5}
        max={0.99}
        step={0.01}
        value={threshold}
        onChange={onChange}
        label={(value) => value.toFixed(2)}
        thumbLabel="Threshold"
        marks={[0.5, 0.6, 0.7, 0.8, 0.9, 0.99].map((value) => ({ value, label: value.toFixed(2) }))}
        mb="lg"
      />
      {row && round ? (
        <Alert color="gray" py="xs">
          <Text size="sm">
            In round {round.run_number}.{round.number} this would have accepted <b>{counted(row.n_accepted, "item")}</b> (
            {percent(row.share)} of the pool).{" "}
            {row.holdout_precision === null
              ? "No holdout item was that sure, so nothing is known of how many would be right."
              : `Of ${count(row.holdout_n)} holdout items that were this sure, ${percentWithin(row.holdout_precision, row.holdout_low, row.holdout_high)} are right.`}
          </Text>
        </Alert>
      ) : (
        <Text size="sm" c="dimmed">
          After the first round this shows what the threshold would have accepted.
        </Text>
      )}
    </Stack>
  );
}
