import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { ClassesPanel } from "@/app/settings/classes-panel";
import { MembersPanel } from "@/app/settings/members-panel";
import { ProjectForm } from "@/app/settings/project-form";
import { projectQuery } from "@/labeling/api";
import { t } from "@/language/translate";
import { useIdParam } from "@/ui/id-param";
import { Page } from "@/ui/page";
import { Ready } from "@/ui/query";

export default function SettingsPage() {
  const project = useQuery(projectQuery(useIdParam("projectId")));
  return (
    <Page title={t("Settings")} size="md">
      <Ready query={project} what={t("the project")}>
        {(data) => (
          <Stack>
            <ClassesPanel project={data} />
            <ProjectForm key={data.id} project={data} />
            <MembersPanel project={data} />
          </Stack>
        )}
      </Ready>
    </Page>
  );
}
