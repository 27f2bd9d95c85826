import { Badge, Card, Group, SimpleGrid, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";

import type { Project } from "@/api/types";
import { progressQuery, projectsQuery } from "@/labeling/api";
import { LabeledBar } from "@/labeling/labeled-bar";
import { counted } from "@/ui/format";
import { PlusIcon } from "@/ui/icons";
import { ButtonLink } from "@/ui/link";
import { Page } from "@/ui/page";
import { Ready } from "@/ui/query";
import { Empty } from "@/ui/states";

export default function ProjectsPage() {
  const projects = useQuery(projectsQuery);
  return (
    <Page
      title="Projects"
      actions={
        <ButtonLink to="/projects/new" leftSection={<PlusIcon />}>
          New project
        </ButtonLink>
      }
    >
      <Ready query={projects} what="your projects">
        {(page) =>
          page.results.length === 0 ? (
            <Empty title="You have no project yet">
              <Text c="dimmed">
                A project is one dataset and one question. Drop a file to make one: CSV, JSON, Parquet, IDX as MNIST ships, or a zip of
                images. Some of its items may be labeled already, or none. To join a project of somebody else, ask its owner to add you.
              </Text>
              <ButtonLink to="/projects/new" leftSection={<PlusIcon />}>
                New project
              </ButtonLink>
            </Empty>
          ) : (
            <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
              {page.results.map((project) => (
                <ProjectCard key={project.id} project={project} />
              ))}
            </SimpleGrid>
          )
        }
      </Ready>
    </Page>
  );
}

function ProjectCard({ project }: { project: Project }) {
  const progress = useQuery(progressQuery(project.id));
  return (
    <Card withBorder component={Link} to={`/projects/${project.id}`} padding="md">
      <Group justify="space-between" wrap="nowrap" mb={4}>
        <Title order={2} size="h4" lineClamp={1}>
          {project.name}
        </Title>
        <Badge variant="default" style={{ flexShrink: 0 }}>
          {project.role}
        </Badge>
      </Group>
      <Text size="sm" c="dimmed" lineClamp={2} mb="sm">
        {project.question || `${counted(project.classes.length, "class", "classes")} of ${project.item_type} items`}
      </Text>
      {progress.data && <LabeledBar progress={progress.data} />}
    </Card>
  );
}
