import { Alert, Button, Group, Stack } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { mayEngineer } from "@/api/roles";
import type { Certificate, Project } from "@/api/types";
import { certificateQuery, documentQuery, documentUrl, labelsUrl, revokeCertificate } from "@/certificates/api";
import { CertificateSheet } from "@/certificates/certificate-sheet";
import styles from "@/certificates/certificates.module.css";
import { MonitorPanel } from "@/certificates/monitor-panel";
import { ReasonButton } from "@/certificates/reason-button";
import { projectQuery } from "@/labeling/api";
import { t } from "@/language/translate";
import { useIdParam } from "@/ui/id-param";
import { DownloadIcon } from "@/ui/icons";
import { useDocumentTitle } from "@/ui/page";
import { Ready, ReadyOf } from "@/ui/query";
import { Loading } from "@/ui/states";

/** One certificate: the document itself, fit to be printed, and what was seen since it was issued. */
export default function CertificatePage() {
  const project = useQuery(projectQuery(useIdParam("projectId")));
  const certificate = useQuery(certificateQuery(useIdParam("certificateId")));
  return (
    <Ready query={project} what={t("the project")}>
      {(owner) => (
        <ReadyOf project={owner} query={certificate} what={t("the certificate")}>
          {(data) => <Shown project={owner} certificate={data} />}
        </ReadyOf>
      )}
    </Ready>
  );
}

function Shown({ project, certificate }: { project: Project; certificate: Certificate }) {
  const isWritten = certificate.sentence !== null;
  // The browser's title is also the file name that printing proposes.
  useDocumentTitle(t("Certificate {number} of {project}", { number: certificate.number, project: project.name }));
  const document = useQuery({ ...documentQuery(certificate.id), enabled: isWritten });
  const mayRevoke = certificate.revoked_at === null && mayEngineer(project);
  return (
    <Stack className={styles.page} gap="lg">
      {isWritten ? (
        <>
          <Group className={styles.actions} justify="space-between" gap="xs">
            <Group gap="xs">
              <Button onClick={() => window.print()}>{t("Print or save as PDF")}</Button>
              <Button component="a" variant="default" href={documentUrl(certificate.id)} download leftSection={<DownloadIcon size={14} />}>
                {t("Certificate, JSON")}
              </Button>
              <Button component="a" variant="default" href={labelsUrl(certificate.id)} download leftSection={<DownloadIcon size={14} />}>
                {t("Labels, CSV")}
              </Button>
            </Group>
            {mayRevoke && <Revoke project={project} certificate={certificate} />}
          </Group>
          <Ready query={document} what={t("the document")}>
            {(data) => <CertificateSheet certificate={certificate} document={data} />}
          </Ready>
        </>
      ) : (
        <Alert color="gray" title={t("Certificate {number} is issued", { number: certificate.number })}>
          <Loading what={t("its document, which a worker is writing")} />
        </Alert>
      )}
      <div className={styles.screenOnly}>
        <MonitorPanel project={project} certificate={certificate} />
      </div>
    </Stack>
  );
}

function Revoke({ project, certificate }: { project: Project; certificate: Certificate }) {
  const client = useQueryClient();
  const revoke = useMutation({
    mutationFn: (reason: string) => revokeCertificate(certificate.id, reason),
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ["certificates", certificate.id], exact: true }),
        client.invalidateQueries({ queryKey: ["projects", project.id, "certificates"] }),
      ]),
  });
  return (
    <ReasonButton
      variant="subtle"
      color="red"
      label={t("Revoke")}
      question={t("Revoke certificate {number}?", { number: certificate.number })}
      confirmLabel={t("Revoke it")}
      error={revoke.error}
      onConfirm={(reason) => revoke.mutateAsync(reason)}
    >
      {t("Its labels stand on, but without its promise, and it says so from then on. Monitoring ends. This cannot be taken back: another certificate takes another attempt.")}
    </ReasonButton>
  );
}
