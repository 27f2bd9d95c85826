import { Center, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import type { Project } from "@/api/types";
import { projectQuery } from "@/labeling/api";
import { t } from "@/language/translate";
import { OtherTab } from "@/review/other-tab";
import { ReviewScreen } from "@/review/review-screen";
import { useReviewSession } from "@/review/use-review-session";
import { useIdParam } from "@/ui/id-param";
import { ButtonLink } from "@/ui/link";
import { useDocumentTitle } from "@/ui/page";
import { Ready } from "@/ui/query";
import { Empty, Loading } from "@/ui/states";

export default function ReviewPage() {
  const projectId = useIdParam("projectId");
  const project = useQuery(projectQuery(projectId));
  useDocumentTitle(t("Review"));
  return (
    <Ready query={project} what={t("the project")}>
      {(data) => (data.role === "viewer" ? <ViewersOnly project={data} /> : <Review project={data} />)}
    </Ready>
  );
}

function Review({ project }: { project: Project }) {
  const { session, state, seat } = useReviewSession(project);
  if (project.classes.length === 0) {
    return (
      <Center h="100dvh">
        <Empty title={t("This project has no classes yet")}>
          <Text c="dimmed">{t("Add the allowed answers first.")}</Text>
          <ButtonLink to={`/projects/${project.id}/settings`}>{t("Add classes")}</ButtonLink>
        </Empty>
      </Center>
    );
  }
  if (seat.isOurs === undefined) return <Loading what={t("the queue")} />;
  if (!seat.isOurs) return <OtherTab title={t("You are reviewing this project in another tab")} onTakeOver={seat.takeOver} />;
  return <ReviewScreen project={project} session={session} state={state} />;
}

function ViewersOnly({ project }: { project: Project }) {
  return (
    <Center h="100dvh">
      <Empty title={t("You may look at this project, but not answer")}>
        <Text c="dimmed">{t("You are a viewer. Ask an owner for the role of annotator or reviewer.")}</Text>
        <ButtonLink to={`/projects/${project.id}`}>{t("Back to the project")}</ButtonLink>
      </Empty>
    </Center>
  );
}
