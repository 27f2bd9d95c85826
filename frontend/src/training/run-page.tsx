import { useQuery } from "@tanstack/react-query";

import { projectQuery } from "@/labeling/api";
import { t } from "@/language/translate";
import { runQuery } from "@/training/api";
import { RunCard } from "@/training/run-card";
import { useIdParam } from "@/ui/id-param";
import { Page } from "@/ui/page";
import { Ready } from "@/ui/query";

export default function RunPage() {
  const project = useQuery(projectQuery(useIdParam("projectId")));
  const run = useQuery(runQuery(useIdParam("runId")));
  return (
    <Page title={run.data ? t("Run {number}", { number: run.data.number }) : t("Run")}>
      <Ready query={project} what={t("the project")}>
        {(owner) => (
          <Ready query={run} what={t("the run")}>
            {(data) => <RunCard project={owner} run={data} />}
          </Ready>
        )}
      </Ready>
    </Page>
  );
}
