import { Button, Group, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { mayEngineer } from "@/api/roles";
import type { Project } from "@/api/types";
import { projectQuery } from "@/labeling/api";
import { t } from "@/language/translate";
import { cancelInspection, inspectionQuery, inspectionsQuery, startInspection } from "@/training/quality/api";
import { InspectionFindings } from "@/training/quality/inspection-findings";
import { count, when } from "@/ui/format";
import { useIdParam } from "@/ui/id-param";
import { Page } from "@/ui/page";
import { Ready } from "@/ui/query";
import { Empty, FormError } from "@/ui/states";
import { WorkProgress } from "@/ui/work-progress";

/** A look at the data and the labels: label errors, drift, near duplicates, and a map. */
export default function QualityPage() {
  const project = useQuery(projectQuery(useIdParam("projectId")));
  return (
    <Page title={t("Quality")} size="xl">
      <Ready query={project} what={t("the project")}>
        {(data) => <Inspections project={data} />}
      </Ready>
    </Page>
  );
}

function Inspections({ project }: { project: Project }) {
  const inspections = useQuery(inspectionsQuery(project.id));
  return (
    <Ready query={inspections} what={t("the inspections")}>
      {({ results }) => (
        <Stack gap="lg">
          <Actions project={project} openId={results[0]?.is_open ? results[0].id : undefined} />
          {results[0] ? (
            <Latest project={project} id={results[0].id} />
          ) : (
            <Empty title={t("Nothing was inspected yet")}>
              <Text c="dimmed">
                {t("An inspection looks for labels that contradict the others, for items that are all but the same, and for differences between the labeled items and the pool. It takes a minute or two, and changes nothing.")}
              </Text>
            </Empty>
          )}
        </Stack>
      )}
    </Ready>
  );
}

function Actions({ project, openId }: { project: Project; openId: number | undefined }) {
  const client = useQueryClient();
  const act = useMutation({
    mutationFn: () => (openId === undefined ? startInspection(project.id) : cancelInspection(openId)),
    onSettled: () => client.invalidateQueries({ queryKey: inspectionsQuery(project.id).queryKey }),
  });
  if (!mayEngineer(project)) return null;
  return (
    <Stack gap="xs">
      <Group justify="flex-end">
        <Button variant={openId === undefined ? "filled" : "default"} loading={act.isPending} onClick={() => act.mutate()}>
          {openId === undefined ? t("Inspect data and labels") : t("Cancel the inspection")}
        </Button>
      </Group>
      <FormError error={act.error} />
    </Stack>
  );
}

function Latest({ project, id }: { project: Project; id: number }) {
  const inspection = useQuery(inspectionQuery(id));
  return (
    <Ready query={inspection} what={t("the inspection")}>
      {(data) => (
        <Stack gap="lg">
          {(data.is_open || data.state === "failed" || data.state === "cancelled") && <WorkProgress work={data} noun={t("inspection")} />}
          {data.n_items > 0 && (
            <Text size="sm" c="dimmed">
              {t("Inspection {number} of {date}: {human} training labels, {n} items.", {
                number: data.number,
                date: when(data.started_at),
                human: count(data.n_human),
                n: count(data.n_items),
              })}
            </Text>
          )}
          <InspectionFindings project={project} inspection={data} />
        </Stack>
      )}
    </Ready>
  );
}
