import { SimpleGrid, Stack } from "@mantine/core";

import type { Inspection, Project } from "@/api/types";
import { said } from "@/ui/server-says";
import { t } from "@/language/translate";
import { ReliabilityChart } from "@/training/charts/reliability-chart";
import { MapPanel } from "@/training/map/map-panel";
import { DriftPanel } from "@/training/quality/drift-panel";
import { DuplicatesPanel } from "@/training/quality/duplicates-panel";
import { LabelErrorsPanel } from "@/training/quality/label-errors-panel";
import { CHART_COLOURS } from "@/ui/chart";
import { Panel } from "@/ui/panel";

/** What each tool found, each with its sentence on what to do. */
export function InspectionFindings({ project, inspection }: { project: Project; inspection: Inspection }) {
  const { labels, drift, near_duplicates, map } = inspection.findings;
  return (
    <Stack gap="md">
      {labels && <LabelErrorsPanel project={project} inspection={inspection} found={labels} />}
      {map && (
        <Panel title={t("Map")} note={said(map.sentence)}>
          {(map.n_points ?? 0) > 0 && <MapPanel project={project} inspectionId={inspection.id} />}
        </Panel>
      )}
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        {labels?.reliability && (
          <Panel title={t("Reliability on the training labels, out of fold")} note={said(labels.reliability.sentence)}>
            <ReliabilityChart
              label={t("Reliability: confidence against accuracy on the training labels")}
              curves={[{ name: t("out of fold"), bins: labels.reliability.bins, colour: CHART_COLOURS.human }]}
            />
          </Panel>
        )}
        {drift && <DriftPanel found={drift} />}
        {near_duplicates && <DuplicatesPanel project={project} inspection={inspection} found={near_duplicates} />}
      </SimpleGrid>
    </Stack>
  );
}
