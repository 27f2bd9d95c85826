import { Group } from "@mantine/core";

import { answersBlind, mayEngineer } from "@/api/roles";
import type { Progress, Project, Queue } from "@/api/types";
import { useCandidate } from "@/app/candidate/candidate-panel";
import { t } from "@/language/translate";
import { ButtonLink } from "@/ui/link";

interface Props {
  project: Project;
  progress: Progress;
  queue: Queue | undefined;
  hasRounds: boolean;
}

/** The one thing that is best done next. */
export function NextStep({ project, progress, queue, hasRounds }: Props) {
  const mayTrain = mayEngineer(project);
  const candidate = useCandidate(project);
  const isQueued = (queue?.n_open ?? 0) > 0;
  return (
    <Group mt="md">
      {candidate && mayTrain && <ButtonLink to={`/projects/${project.id}/training`}>{t("Decide on the candidate, round {round}", { round: `${candidate.run_number}.${candidate.number}` })}</ButtonLink>}
      {isQueued && project.role !== "viewer" && <ButtonLink variant={candidate && mayTrain ? "default" : "filled"} to={`/projects/${project.id}/review`}>{t("Review the queue")}</ButtonLink>}
      {mayTrain && progress.n_human > 0 && progress.n_unlabeled + progress.n_machine > 0 && (
        <ButtonLink variant={isQueued || candidate ? "default" : "filled"} to={`/projects/${project.id}/training`}>
          {hasRounds ? t("Train the next round") : t("Train the first round")}
        </ButtonLink>
      )}
      {progress.n_human + progress.n_machine > 0 && !answersBlind(project) && (
        <ButtonLink variant="default" to={`/projects/${project.id}/data`}>
          {t("Export")}
        </ButtonLink>
      )}
    </Group>
  );
}
