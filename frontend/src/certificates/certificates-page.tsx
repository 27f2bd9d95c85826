import { Alert, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { mayEngineer } from "@/api/roles";
import type { Project } from "@/api/types";
import { attemptsQuery, certificatesQuery, planQuery } from "@/certificates/api";
import { AttemptForm } from "@/certificates/attempt-form";
import { AttemptHistory } from "@/certificates/attempt-history";
import { isOpen, shareOf, type Goal } from "@/certificates/attempt-state";
import { CertificateList } from "@/certificates/certificate-list";
import { OpenAttempt } from "@/certificates/open-attempt";
import { PlanPanel } from "@/certificates/plan-panel";
import { projectQuery } from "@/labeling/api";
import { A_ROLE } from "@/labeling/names";
import { t } from "@/language/translate";
import { useIdParam } from "@/ui/id-param";
import { Page } from "@/ui/page";
import { Ready } from "@/ui/query";

/** What proving the labels would cost, the attempt that is under way, and what was proven before. */
export default function CertificatesPage() {
  const project = useQuery(projectQuery(useIdParam("projectId")));
  return (
    <Page title={t("Certificates")}>
      <Ready query={project} what={t("the project")}>
        {(data) => <Certificates key={data.id} project={data} />}
      </Ready>
    </Page>
  );
}

function Certificates({ project }: { project: Project }) {
  const plan = useQuery(planQuery(project.id));
  const attempts = useQuery(attemptsQuery(project.id));
  const certificates = useQuery(certificatesQuery(project.id));
  const [goal, setGoal] = useState<Goal>({
    promise: "dataset",
    eps: shareOf(100 - 100 * project.target_precision),
    confidence: project.confidence_level,
  });
  const mayAsk = mayEngineer(project);

  return (
    <Stack gap="lg">
      <Text size="sm" c="dimmed">
        {t("A certificate says how many of the labels are wrong at most, and proves it by blind audits drawn at random: nothing is assumed of the model or the data. Anybody can check it from two files, without this server.")}
      </Text>
      <Ready query={attempts} what={t("the attempts")}>
        {({ results }) => {
          const open = results.find(isOpen);
          const issued = certificates.data?.results ?? [];
          return (
            <>
              {open && <OpenAttempt project={project} attempt={open} />}
              <Ready query={certificates} what={t("the certificates")}>
                {(list) => <CertificateList project={project} certificates={list.results} />}
              </Ready>
              <Ready query={plan} what={t("the plan")}>
                {(data) => <PlanPanel project={project} plan={data} valid={issued.find((one) => one.revoked_at === null)} goal={goal} onGoal={setGoal} />}
              </Ready>
              {!open &&
                (mayAsk ? (
                  <AttemptForm project={project} goal={goal} onGoal={setGoal} />
                ) : (
                  <Alert color="gray">{t("Owners and engineers ask for attempts. You are {a_role} of this project.", { a_role: t(A_ROLE[project.role]) })}</Alert>
                ))}
              <AttemptHistory project={project} attempts={results.filter((one) => !isOpen(one))} certificates={issued} />
            </>
          );
        }}
      </Ready>
    </Stack>
  );
}
