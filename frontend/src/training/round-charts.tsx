import { SimpleGrid, Text } from "@mantine/core";

import type { Project, Round } from "@/api/types";
import { said } from "@/ui/server-says";
import { plural, t } from "@/language/translate";
import { ConfidenceBars } from "@/training/charts/confidence-bars";
import { ConfusionMatrix } from "@/training/charts/confusion-matrix";
import { ReliabilityChart } from "@/training/charts/reliability-chart";
import { mayListRoundItems, roundItemsAddress } from "@/training/round-items";
import { CHART_COLOURS } from "@/ui/chart";
import { count, percent } from "@/ui/format";
import { Panel } from "@/ui/panel";

/** The confusion of so many classes needs no more room than the panel beside it. */
const N_SMALL = 12;

/** What a round measured: confusion, confidence, reliability. Cells and bars open the items behind them. */
export function RoundCharts({ project, round }: { project: Project; round: Round }) {
  const { holdout, test, class_ids = [], confidence_histogram, calibration } = round.metrics;
  const measured = test ?? holdout;
  const names = class_ids.map((id) => project.classes.find((one) => one.id === id)?.name ?? t("class {id}", { id }));
  const thresholds = Object.values(round.threshold);
  const isLinked = mayListRoundItems(project, round);

  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <Panel
        title={t("Confusion")}
        isTall={names.length > N_SMALL}
        note={
          measured &&
          t("Rows are the truth, columns what the model said; {items}", {
            items: test
              ? plural(measured.n, "{n} test item", "{n} test items", { n: count(measured.n) })
              : plural(measured.n, "{n} holdout item", "{n} holdout items", { n: count(measured.n) }),
          })
        }
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
            {t("Nothing is held out yet. Answer some items that the queue drew at random, or import a test file.")}
          </Text>
        )}
      </Panel>
      {confidence_histogram && (
        <Panel title={t("Confidence of the model")} note={t("Items of the pool by calibrated confidence")}>
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
          title={t("Reliability")}
          note={`${t("Calibration error {raw} raw, {calibrated} calibrated.", {
            raw: percent(measured.ece_raw),
            calibrated: percent(measured.ece_calibrated),
          })} ${said(calibration?.why ?? "")}`}
        >
          <ReliabilityChart
            label={
              test
                ? t("Reliability: confidence against accuracy on the test items")
                : t("Reliability: confidence against accuracy on the holdout")
            }
            curves={[
              { name: t("raw"), bins: measured.reliability_raw, colour: CHART_COLOURS.accent },
              { name: t("calibrated"), bins: measured.reliability, colour: CHART_COLOURS.human },
            ]}
          />
        </Panel>
      )}
    </SimpleGrid>
  );
}
