import { Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { answersBlind } from "@/api/roles";
import type { Project, RoundSummary } from "@/api/types";
import { BesideStanding } from "@/app/candidate/beside-standing";
import { candidateOf, heldText } from "@/training/candidate";
import { PublishRoundButton } from "@/app/candidate/publish-round-button";
import { t } from "@/language/translate";
import { besideQuery } from "@/review/api";
import { runsQuery } from "@/training/api";
import { ButtonLink } from "@/ui/link";
import { Panel } from "@/ui/panel";
import { Ready } from "@/ui/query";

/** The project's candidate, if it has one that waits for a person. */
export function useCandidate(project: Project): RoundSummary | undefined {
  const runs = useQuery({ ...runsQuery(project.id), enabled: !answersBlind(project) });
  const candidate = candidateOf(runs.data?.results ?? []);
  // Else it is published in a moment.
  return candidate && (project.publishing === "by_hand" || candidate.held_back !== null) ? candidate : undefined;
}

/** The candidate beside what stands, and the one button that publishes it. */
export function CandidatePanel({ project }: { project: Project }) {
  const candidate = useCandidate(project);
  if (candidate === undefined || answersBlind(project)) return null;
  return <Candidate project={project} round={candidate} />;
}

function Candidate({ project, round }: { project: Project; round: RoundSummary }) {
  const beside = useQuery(besideQuery(round.id));
  const name = `${round.run_number}.${round.number}`;
  return (
    <Panel title={t("Candidate: round {round}", { round: name })} note={t("It is finished and not published. Until somebody publishes it, its labels count for nothing.")}>
      <Stack>
        {round.held_back && <Text size="sm">{heldText(round.held_back)}</Text>}
        <Ready query={beside} what={t("the comparison with what stands")}>
          {(data) => <BesideStanding round={round} beside={data} />}
        </Ready>
        <Group>
          <PublishRoundButton project={project} round={round} />
          <ButtonLink variant="default" to={`/projects/${project.id}/rounds/${round.id}`}>
            {t("Look at the round")}
          </ButtonLink>
        </Group>
      </Stack>
    </Panel>
  );
}
