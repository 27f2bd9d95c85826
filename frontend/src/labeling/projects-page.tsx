import { Alert, Badge, Card, Group, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "react-router";

import { answersBlind } from "@/api/roles";
import type { Project } from "@/api/types";
import { deletionsQuery, LIVE_MS, progressQuery, projectsQuery } from "@/labeling/api";
import { keepDropped } from "@/labeling/dropped";
import { LabeledBar } from "@/labeling/labeled-bar";
import { ROLES } from "@/labeling/names";
import { plural, t } from "@/language/translate";
import { DropZone } from "@/ui/drop-zone";
import { count } from "@/ui/format";
import { PlusIcon } from "@/ui/icons";
import { ButtonLink, TextLink } from "@/ui/link";
import { Page } from "@/ui/page";
import { Ready } from "@/ui/query";
import { Empty } from "@/ui/states";

export default function ProjectsPage() {
  const projects = useQuery(projectsQuery);
  const navigate = useNavigate();
  return (
    <Page
      title={t("Projects")}
      actions={
        <ButtonLink to="/projects/new" leftSection={<PlusIcon />}>
          {t("New project")}
        </ButtonLink>
      }
    >
      <Deletions />
      <Ready query={projects} what={t("your projects")}>
        {(page) =>
          page.results.length === 0 ? (
            <Empty title={t("You have no project yet")}>
              <Text c="dimmed">
                {t(
                  "A project is one dataset and one question. Drop files to make one: CSV, JSON, Parquet, IDX as MNIST ships, a folder or a zip of images. Some of its items may be labeled already, or none. To join a project of somebody else, ask its owner to add you.",
                )}
              </Text>
              <DropZone
                label={t("Drop files or folders here, or click to choose files")}
                hint={t("They become a project: you see what is in them before anything is imported.")}
                onFiles={(files) => {
                  keepDropped(files);
                  void navigate("/projects/new");
                }}
              />
              <TextLink to="/help">{t("How it works, and answers to questions")}</TextLink>
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

/** What was deleted and is not gone yet. Silent when there is nothing to say, and when it cannot be asked. */
function Deletions() {
  const deletions = useQuery({ ...deletionsQuery, refetchInterval: (query) => (query.state.data?.results.length ? LIVE_MS : false) });
  const shown = deletions.data?.results ?? [];
  if (shown.length === 0) return null;
  return (
    <Stack gap="xs" mb="md">
      {shown.map((deletion) => (
        <Alert key={deletion.id} color={deletion.problem ? "orange" : "gray"} title={t("{name} is being deleted", { name: deletion.name })} role="status">
          {t("Left: {items}, {files}.", {
            items: plural(deletion.n_items_left, "{n} item", "{n} items", { n: count(deletion.n_items_left) }),
            files: plural(deletion.n_files_left, "{n} file", "{n} files", { n: count(deletion.n_files_left) }),
          })}
          {deletion.problem && ` ${t("It is tried again by itself.")} ${deletion.problem}`}
        </Alert>
      ))}
    </Stack>
  );
}

function ProjectCard({ project }: { project: Project }) {
  const progress = useQuery(progressQuery(project.id));
  return (
    <Card withBorder component={Link} to={`/projects/${project.id}`} padding="md">
      <Group justify="space-between" wrap="nowrap" mb={4}>
        <Title order={2} size="h4" lineClamp={1} dir="auto">
          {project.name}
        </Title>
        <Badge variant="default" style={{ flexShrink: 0 }}>
          {t(ROLES[project.role])}
        </Badge>
      </Group>
      <Text size="sm" c="dimmed" lineClamp={2} mb="sm" dir="auto">
        {project.question || classesOf(project)}
      </Text>
      {progress.data && !answersBlind(project) && <LabeledBar progress={progress.data} />}
    </Card>
  );
}

/** A whole sentence for each type: other languages bend the words. */
function classesOf({ classes, item_type }: Project): string {
  const n = { n: count(classes.length) };
  if (item_type === "text") return plural(classes.length, "{n} class of text items", "{n} classes of text items", n);
  if (item_type === "image") return plural(classes.length, "{n} class of image items", "{n} classes of image items", n);
  if (item_type === "table") return plural(classes.length, "{n} class of table items", "{n} classes of table items", n);
  return plural(classes.length, "{n} class of series items", "{n} classes of series items", n);
}
