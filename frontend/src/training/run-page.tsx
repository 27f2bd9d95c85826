import { useQuery } from "@tanstack/react-query";

import { projectQuery } from "@/labeling/api";
import { runQuery } from "@/training/api";
import { RunCard } from "@/training/run-card";
import { useIdParam } from "@/ui/id-param";
import { Page } from "@/ui/page";
import { Ready } from "@/ui/query";

export default function RunPage() {
  const project = useQuery(projectQuery(useIdParam("projectId")));
  const run = useQuery(runQuery(useIdParam("runId")));
  return (
    <Page title={run.data ? `Run ${run.data.number}` : "Run"}>
      <Ready query={project} what="the project">
        {(owner) => (
          <Ready query={run} what="the run">
            {(data) => <RunCard project={owner} run={data} />}
          </Ready>
        )}
      </Ready>
    </Page>
  );
}
