import { Badge, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import type { Project } from "@/api/types";
import { attemptsQuery, certificatesQuery, planQuery } from "@/certificates/api";
import { standing } from "@/certificates/attempt-state";
import { TextLink } from "@/ui/link";

const COLOURS = { Certified: "teal", "Being certified": "blue", "Not certified": "gray" };

/** Whether the project's labels are certified, in a line, and the way to the whole of it. */
export function CertificationLine({ project }: { project: Project }) {
  const certificates = useQuery(certificatesQuery(project.id));
  const attempts = useQuery(attemptsQuery(project.id));
  const plan = useQuery(planQuery(project.id));
  if (!certificates.data || !attempts.data || plan.data === undefined) return null;
  const { title, text } = standing(certificates.data.results, attempts.data.results, plan.data);
  return (
    <Group gap="xs" mt="md" wrap="nowrap" align="flex-start" role="status" aria-label="Certification">
      <Badge color={COLOURS[title]} variant="light" style={{ flexShrink: 0 }}>
        {title}
      </Badge>
      <Text size="sm">
        {text}{" "}
        <TextLink size="sm" to={`/projects/${project.id}/certificates`}>
          Certificates
        </TextLink>
      </Text>
    </Group>
  );
}
