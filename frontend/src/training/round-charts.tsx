import { SimpleGrid, Text } from "@mantine/core";

import type { LabelClass, Round } from "@/api/types";
import { ConfidenceChart } from "@/training/charts/confidence-chart";
import { ConfusionChart } from "@/training/charts/confusion-chart";
import { ReliabilityChart } from "@/training/charts/reliability-chart";
import { CHART_COLOURS } from "@/ui/chart";
import { counted, percent } from "@/ui/format";
import { Panel } from "@/ui/panel";

/** What a round measured: confusion, confidence, reliability. */
export function RoundCharts({ round, classes }: { round: Round; classes: readonly LabelClass[] }) {
  const { holdout, test, class_ids = [], confidence_histogram, calibration } = round.metrics;
  const measured = test ?? holdout;
  const names = class_ids.map((id) => classes.find((one) => one.id === id)?.name ?? `class ${id}`);
  const thresholds = Object.values(round.threshold);

  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <Panel
        title="Confusion"
        isTall
        note={measured ? `Rows are the truth; ${counted(measured.n, test ? "test item" : "holdout item")}` : undefined}
      >
        {measured ? (
          <ConfusionChart confusion={measured.confusion} names={names} />
        ) : (
          <Text size="sm" c="dimmed">
            Nothing is held out yet. Answer some items that the queue drew at random, or import a test file.
          </Text>
        )}
      </Panel>
      {confidence_histogram && (
        <Panel title="Confidence of the model" note="Items of the pool by calibrated confidence; coloured: accepted">
          <ConfidenceChart histogram={confidence_histogram} threshold={thresholds.length === 1 ? thresholds[0] : undefined} />
        </Panel>
      )}
      {measured && (
        <Panel
          title="Reliability"
          note={`Calibration error ${percent(measured.ece_raw)} raw, ${percent(measured.ece_calibrated)} calibrated. ${calibration?.why ?? ""}`}
        >
          <ReliabilityChart
            on={test ? "the test items" : "the holdout"}
            curves={[
              { name: "raw", bins: measured.reliability_raw, colour: CHART_COLOURS.accent },
              { name: "calibrated", bins: measured.reliability, colour: CHART_COLOURS.human },
            ]}
          />
        </Panel>
      )}
    </SimpleGrid>
  );
}
