import { Alert, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { mayEngineer } from "@/api/roles";
import type { Project, Run } from "@/api/types";
import { projectQuery } from "@/labeling/api";
import { A_ROLE } from "@/labeling/names";
import { t } from "@/language/translate";
import { learnersQuery, policiesQuery, roundsQuery, runsQuery } from "@/training/api";
import { NewRunForm } from "@/training/new-run-form";
import { RunCard } from "@/training/run-card";
import { RunTable } from "@/training/run-table";
import { useIdParam } from "@/ui/id-param";
import { Page } from "@/ui/page";
import { Ready } from "@/ui/query";

/** `above` is what another room puts first. */
export function TrainingPage({ above }: { above?: (project: Project) => ReactNode }) {
  const project = useQuery(projectQuery(useIdParam("projectId")));
  return (
    <Page title={t("Training")}>
      <Ready query={project} what={t("the project")}>
        {(data) => (
          <Stack gap="lg">
            {above?.(data)}
            <Training project={data} />
          </Stack>
        )}
      </Ready>
    </Page>
  );
}

function Training({ project }: { project: Project }) {
  const runs = useQuery(runsQuery(project.id));
  const mayTrain = mayEngineer(project);
  return (
    <Ready query={runs} what={t("the runs")}>
      {({ results }) => {
        const [latest, ...past] = results;
        // What takes a file's predictions in teaches the next run nothing, and stands in nobody's way.
        const learned = results.filter((run) => run.trigger !== "file");
        return (
          <Stack gap="lg">
            {latest && <RunCard project={project} run={latest} />}
            {!learned[0]?.is_open &&
              (mayTrain ? (
                <NextRun project={project} lastRun={learned[0]} />
              ) : (
                <Alert color="gray">{t("Owners and engineers start runs. You are {a_role} of this project.", { a_role: t(A_ROLE[project.role]) })}</Alert>
              ))}
            {past.length > 0 && <RunTable projectId={project.id} runs={results} />}
          </Stack>
        );
      }}
    </Ready>
  );
}

function NextRun({ project, lastRun }: { project: Project; lastRun: Run | undefined }) {
  const learners = useQuery(learnersQuery(project.item_type));
  const policies = useQuery(policiesQuery(project.id));
  const rounds = useQuery(roundsQuery(project.id));
  return (
    <Ready query={learners} what={t("the learners")}>
      {(catalogue) => (
        <Ready query={policies} what={t("the policies")}>
          {(forms) => (
            <NewRunForm
              project={project}
              learners={catalogue}
              policies={forms}
              lastRun={lastRun}
              lastRound={rounds.data?.results.filter((round) => round.finished_at !== null).at(-1)}
            />
          )}
        </Ready>
      )}
    </Ready>
  );
}
