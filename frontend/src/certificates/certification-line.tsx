import { Badge, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import type { Project } from "@/api/types";
import { attemptsQuery, certificatesQuery, planQuery } from "@/certificates/api";
import { standing } from "@/certificates/attempt-state";
import { planText } from "@/certificates/plan";
import { msg, t } from "@/language/translate";
import { TextLink } from "@/ui/link";

const LOOKS = {
  Certified: { name: msg("Certified"), colour: "teal" },
  "Being certified": { name: msg("Being certified"), colour: "blue" },
  "Not certified": { name: msg("Not certified"), colour: "gray" },
};

/** Whether the project's labels are certified, in a line, and the way to the whole of it. */
export function CertificationLine({ project }: { project: Project }) {
  const certificates = useQuery(certificatesQuery(project.id));
  const attempts = useQuery(attemptsQuery(project.id));
  const plan = useQuery(planQuery(project.id));
  if (!certificates.data || !attempts.data || plan.data === undefined) return null;
  const { state, text } = standing(certificates.data.results, attempts.data.results, plan.data && planText(plan.data));
  return (
    <Group gap="xs" mt="md" wrap="nowrap" align="flex-start" role="status" aria-label={t("Certification")}>
      <Badge color={LOOKS[state].colour} variant="light" style={{ flexShrink: 0 }}>
        {t(LOOKS[state].name)}
      </Badge>
      <Text size="sm">
        {text}{" "}
        <TextLink size="sm" to={`/projects/${project.id}/certificates`}>
          {t("Certificates")}
        </TextLink>
      </Text>
    </Group>
  );
}
