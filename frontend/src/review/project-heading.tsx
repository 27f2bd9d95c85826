import { Group, Text } from "@mantine/core";
import { memo } from "react";

import type { Project } from "@/api/types";
import styles from "@/review/review.module.css";
import { TextLink } from "@/ui/link";

/** Above the pages that answer: whose items these are, the way back, and the question. Not rendered again with every answer. */
export const ProjectHeading = memo(function ProjectHeading({ project }: { project: Project }) {
  return (
    <Group gap="sm" wrap="nowrap" style={{ minWidth: 0 }}>
      <TextLink to={`/projects/${project.id}`} fw={600} dir="auto" truncate>
        {project.name}
      </TextLink>
      <Text size="sm" c="dimmed" className={styles.wide} dir="auto" truncate>
        {project.question}
      </Text>
    </Group>
  );
});
