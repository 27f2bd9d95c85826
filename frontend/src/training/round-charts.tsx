import { SimpleGrid, Text } from "@mantine/core";

import type { Project, Round } from "@/api/types";
import { ConfidenceBars } from "@/training/charts/confidence-bars";
import { ConfusionMatrix } from "@/training/charts/confusion-matrix";
import { ReliabilityChart } from "@/training/charts/reliability-chart";
import { mayListRoundItems, roundItemsAddress } from "@/training/round-items";
import { CHART_COLOURS } from "@/ui/chart";
import { counted, percent } from "@/ui/format";
import { Panel } from "@/ui/panel";

/** What a round measured: confusion, confidence, reliability. Cells and bars open the items behind them. */
export function RoundCharts({ project, round }: { project: Project; round: Round }) {
  const { holdout, test, class_ids = [], confidence_histogram, calibration } = round.metrics;
  const measured = test ?? holdout;
  const names = class_ids.map((id) => project.classes.find((one) => one.id === id)?.name ?? `class ${id}`);
  const thresholds = Object.values(round.threshold);
  const isLinked = mayListRoundItems(project, round);

  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <Panel
        title="Confusion"
        isTall
        note={measured ? `Rows are the truth, columns what the model said; ${counted(measured.n, test ? "test item" : "holdout item")}` : undefined}
      >
        {measured ? (
          <ConfusionMatrix
            confusion={measured.confusion}
            names={names}
            addressOf={
              isLinked
                ? (truth, said) =>
                    roundItemsAddress(project.id, round.id, { of: test ? "test" : "holdout", truth: class_ids[truth], predicted: class_ids[said] })
                : undefined
            }
          />
        ) : (
          <Text size="sm" c="dimmed">
            Nothing is held out yet. Answer some items that the queue drew at random, or import a test file.
          </Text>
        )}
      </Panel>
      {confidence_histogram && (
        <Panel title="Confidence of the model" note="Items of the pool by calibrated confidence">
          <ConfidenceBars
            histogram={confidence_histogram}
            threshold={thresholds.length === 1 ? thresholds[0] : undefined}
            addressOf={
              isLinked
                ? (low, high) => roundItemsAddress(project.id, round.id, { confidence_min: low, confidence_below: high })
                : undefined
            }
          />
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
