import { Alert, Paper, Stack, Table, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import type { Project, Run } from "@/api/types";
import { projectQuery } from "@/labeling/api";
import { learnersQuery, policiesQuery, roundsQuery, runsQuery } from "@/training/api";
import { NewRunForm } from "@/training/new-run-form";
import { RunCard } from "@/training/run-card";
import { when, words } from "@/ui/format";
import { useIdParam } from "@/ui/id-param";
import { TextLink } from "@/ui/link";
import { Page } from "@/ui/page";
import { Ready } from "@/ui/query";
import { WorkBadge } from "@/ui/work-progress";

export default function TrainingPage() {
  const project = useQuery(projectQuery(useIdParam("projectId")));
  return (
    <Page title="Training">
      <Ready query={project} what="the project">
        {(data) => <Training project={data} />}
      </Ready>
    </Page>
  );
}

function Training({ project }: { project: Project }) {
  const runs = useQuery(runsQuery(project.id));
  const mayTrain = project.role === "owner" || project.role === "engineer";
  return (
    <Ready query={runs} what="the runs">
      {({ results }) => {
        const [latest, ...past] = results;
        return (
          <Stack gap="lg">
            {latest && <RunCard project={project} run={latest} />}
            {!latest?.is_open &&
              (mayTrain ? (
                <NextRun project={project} lastRun={latest} />
              ) : (
                <Alert color="gray">Owners and engineers start runs. You are {project.role} of this project.</Alert>
              ))}
            {past.length > 0 && (
              <Paper withBorder p="md">
                <Title order={2} size="h4" mb="xs">
                  Past runs
                </Title>
                <Table.ScrollContainer minWidth={560}>
                  <Table>
                    <Table.Thead>
                      <Table.Tr>
                        <Table.Th>Run</Table.Th>
                        <Table.Th>State</Table.Th>
                        <Table.Th>Learner</Table.Th>
                        <Table.Th>Rounds</Table.Th>
                        <Table.Th>Started</Table.Th>
                        <Table.Th>Why it stopped</Table.Th>
                      </Table.Tr>
                    </Table.Thead>
                    <Table.Tbody>
                      {past.map((run) => (
                        <Table.Tr key={run.id}>
                          <Table.Td>
                            <TextLink to={`/projects/${project.id}/runs/${run.id}`}>Run {run.number}</TextLink>
                          </Table.Td>
                          <Table.Td>
                            <WorkBadge state={run.state} />
                          </Table.Td>
                          <Table.Td>{words(run.learner)}</Table.Td>
                          <Table.Td>{run.rounds.length}</Table.Td>
                          <Table.Td>{when(run.created_at)}</Table.Td>
                          <Table.Td>{run.stop_reason || run.error_message || "–"}</Table.Td>
                        </Table.Tr>
                      ))}
                    </Table.Tbody>
                  </Table>
                </Table.ScrollContainer>
              </Paper>
            )}
          </Stack>
        );
      }}
    </Ready>
  );
}

function NextRun({ project, lastRun }: { project: Project; lastRun: Run | undefined }) {
  const learners = useQuery(learnersQuery(project.item_type));
  const policies = useQuery(policiesQuery(project.id));
  const rounds = useQuery(roundsQuery(project.id));
  return (
    <Ready query={learners} what="the learners">
      {(catalogue) => (
        <Ready query={policies} what="the policies">
          {(forms) => (
            <NewRunForm
              project={project}
              learners={catalogue}
              policies={forms}
              lastRun={lastRun}
              lastRound={rounds.data?.results.filter((round) => round.finished_at !== null).at(-1)}
            />
          )}
        </Ready>
      )}
    </Ready>
  );
}
