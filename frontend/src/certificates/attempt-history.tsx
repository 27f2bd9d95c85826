import { Badge, Table, Text } from "@mantine/core";

import type { Attempt, Certificate, Project } from "@/api/types";
import { goalPercent, goalText, STATES } from "@/certificates/attempt-state";
import { t } from "@/language/translate";
import { count, when } from "@/ui/format";
import { TextLink } from "@/ui/link";
import { Panel } from "@/ui/panel";
import { said } from "@/ui/server-says";

interface Props {
  project: Project;
  attempts: readonly Attempt[];
  certificates: readonly Certificate[];
}

/** The attempts that are over, and what came of each. */
export function AttemptHistory({ project, attempts, certificates }: Props) {
  if (attempts.length === 0) return null;
  return (
    <Panel title={t("Attempts before")} note={t("All attempts of a project share one risk, and each has spent its part of it for good")}>
      <Table.ScrollContainer minWidth={760}>
        <Table verticalSpacing="sm">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("Attempt")}</Table.Th>
              <Table.Th>{t("What came of it")}</Table.Th>
              <Table.Th>{t("Goal")}</Table.Th>
              <Table.Th>{t("Audits")}</Table.Th>
              <Table.Th>{t("Wrong")}</Table.Th>
              <Table.Th>{t("Cut")}</Table.Th>
              <Table.Th>{t("Risk spent (delta)")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {attempts.map((one) => (
              <Table.Tr key={one.id}>
                <Table.Td>
                  {one.number ?? "–"}
                  <Text size="xs" c="dimmed">
                    {[when(one.ended_at), one.asked_by].filter(Boolean).join(", ")}
                  </Text>
                </Table.Td>
                <Table.Td>
                  <Badge color={STATES[one.state].colour} variant="light" miw="max-content">
                    {t(STATES[one.state].title)}
                  </Badge>
                  {one.certificate_id !== null && (
                    <Text size="sm">
                      <TextLink size="sm" to={`/projects/${project.id}/certificates/${one.certificate_id}`}>
                        {t("Certificate {number}", { number: certificates.find(({ id }) => id === one.certificate_id)?.number ?? "" })}
                      </TextLink>
                    </Text>
                  )}
                  {one.state_reason && one.state !== "certified" && <Text size="sm">{said(one.state_reason)}</Text>}
                </Table.Td>
                <Table.Td>
                  <Text size="sm">{goalText(one)}</Text>
                </Table.Td>
                <Table.Td>{count(one.n_audits)}</Table.Td>
                <Table.Td>{one.n_wrong === null ? "–" : count(one.n_wrong)}</Table.Td>
                <Table.Td>{one.cut === null ? "–" : t("{n} of {total}", { n: count(one.cut), total: count(one.n_candidates) })}</Table.Td>
                <Table.Td>{one.number === null || one.delta === null ? t("none") : goalPercent(one.delta)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Panel>
  );
}
