import { Alert, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { mayEngineer } from "@/api/roles";
import type { Project } from "@/api/types";
import { projectQuery } from "@/labeling/api";
import { A_ROLE } from "@/labeling/names";
import { t } from "@/language/translate";
import { learnersQuery } from "@/training/api";
import { comparisonsQuery } from "@/training/compare/api";
import { ComparisonCard } from "@/training/compare/comparison-card";
import { ComparisonForm } from "@/training/compare/comparison-form";
import { useIdParam } from "@/ui/id-param";
import { Page } from "@/ui/page";
import { Ready } from "@/ui/query";

/** Several learners on the same labels and seeds, and which of them is the best beyond chance. */
export default function ComparePage() {
  const project = useQuery(projectQuery(useIdParam("projectId")));
  return (
    <Page title={t("Compare learners")} size="xl">
      <Ready query={project} what={t("the project")}>
        {(data) => <Comparisons project={data} />}
      </Ready>
    </Page>
  );
}

function Comparisons({ project }: { project: Project }) {
  const comparisons = useQuery(comparisonsQuery(project.id));
  const learners = useQuery(learnersQuery(project.item_type));
  const mayStart = mayEngineer(project);
  return (
    <Ready query={comparisons} what={t("the comparisons")}>
      {({ results }) => (
        <Ready query={learners} what={t("the learners")}>
          {(catalogue) => (
            <Stack gap="lg">
              {results[0]?.is_open && <ComparisonCard project={project} comparison={results[0]} learners={catalogue} />}
              {!results[0]?.is_open &&
                (mayStart ? (
                  <ComparisonForm project={project} learners={catalogue} />
                ) : (
                  <Alert color="gray">{t("Owners and engineers start comparisons. You are {a_role} of this project.", { a_role: t(A_ROLE[project.role]) })}</Alert>
                ))}
              {results
                .filter((one) => !one.is_open)
                .map((one) => (
                  <ComparisonCard key={one.id} project={project} comparison={one} learners={catalogue} />
                ))}
            </Stack>
          )}
        </Ready>
      )}
    </Ready>
  );
}
