import { useQuery } from "@tanstack/react-query";

import { projectQuery } from "@/labeling/api";
import { t } from "@/language/translate";
import { runQuery } from "@/training/api";
import { RunCard } from "@/training/run-card";
import { useIdParam } from "@/ui/id-param";
import { Page } from "@/ui/page";
import { Ready, ReadyOf } from "@/ui/query";

export default function RunPage() {
  const project = useQuery(projectQuery(useIdParam("projectId")));
  const run = useQuery(runQuery(useIdParam("runId")));
  return (
    <Ready query={project} what={t("the project")}>
      {(owner) => (
        <ReadyOf project={owner} query={run} what={t("the run")}>
          {(data) => (
            <Page title={t("Run {number}", { number: data.number })}>
              <RunCard project={owner} run={data} />
            </Page>
          )}
        </ReadyOf>
      )}
    </Ready>
  );
}
