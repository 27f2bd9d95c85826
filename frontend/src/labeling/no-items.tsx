import { Text } from "@mantine/core";

import { mayEngineer } from "@/api/roles";
import type { Project } from "@/api/types";
import { t } from "@/language/translate";
import { ButtonLink } from "@/ui/link";
import { Empty } from "@/ui/states";

/** A project that nothing was imported into: what to do, or who can. */
export function NoItems({ project }: { project: Project }) {
  const mayImport = mayEngineer(project);
  return (
    <Empty title={t("This project has no items yet")}>
      <Text c="dimmed">
        {mayImport ? t("Import a file with the items to label. Some of them may be labeled already.") : t("Its owners and engineers import them. Come back when they have.")}
      </Text>
      {mayImport && <ButtonLink to={`/projects/${project.id}/data`}>{t("Import a file")}</ButtonLink>}
    </Empty>
  );
}
