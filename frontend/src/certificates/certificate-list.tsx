import { Badge, Group, Paper, Stack, Text, Title } from "@mantine/core";

import type { Certificate, Project } from "@/api/types";
import { t } from "@/language/translate";
import { when } from "@/ui/format";
import { TextLink } from "@/ui/link";

/** The certificates, the newest first: what each says, and whether it still holds. */
export function CertificateList({ project, certificates }: { project: Project; certificates: readonly Certificate[] }) {
  return (
    <>
      {certificates.map((one) => (
        <Paper key={one.id} withBorder p="md" component="section" aria-label={t("Certificate {number}", { number: one.number })}>
          <Stack gap="xs">
            <Group justify="space-between">
              <Group gap="xs">
                <Title order={2} size="h4">
                  <TextLink to={`/projects/${project.id}/certificates/${one.id}`} inherit>
                    {t("Certificate {number}", { number: one.number })}
                  </TextLink>
                </Title>
                <ValidityBadge certificate={one} />
              </Group>
              <Text size="sm" c="dimmed">
                {when(one.issued_at)}, {one.source_name}
              </Text>
            </Group>
            <Text fw={one.revoked_at === null ? 500 : undefined} c={one.revoked_at === null ? undefined : "dimmed"}>
              {one.sentence ?? t("A worker is writing its document.")}
            </Text>
            {one.revoked_at !== null && (
              <Text size="sm">
                {t("Revoked on {date}: {reason}", { date: when(one.revoked_at), reason: one.revoked_reason })}
              </Text>
            )}
          </Stack>
        </Paper>
      ))}
    </>
  );
}

export function ValidityBadge({ certificate }: { certificate: Certificate }) {
  if (certificate.revoked_at === null) {
    return (
      <Badge color="teal" variant="light">
        {t("valid")}
      </Badge>
    );
  }
  return (
    <Badge color="red" variant="light">
      {certificate.is_breach ? t("revoked by the monitor") : t("revoked")}
    </Badge>
  );
}
