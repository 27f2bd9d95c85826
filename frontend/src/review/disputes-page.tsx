import { Badge, Box, Button, Group, Paper, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import type { Dispute, Flag, Project } from "@/api/types";
import { projectQuery } from "@/labeling/api";
import { ItemView } from "@/labeling/item-view";
import { disputesQuery, flagsQuery, giveVerdict, resolveFlag } from "@/review/api";
import { ClassTag } from "@/ui/class-tag";
import { when } from "@/ui/format";
import { useIdParam } from "@/ui/id-param";
import { TextLink } from "@/ui/link";
import { Page } from "@/ui/page";
import { Panel } from "@/ui/panel";
import { Ready } from "@/ui/query";
import { FormError } from "@/ui/states";

/** What needs a reviewer: items on which people disagree, and items that somebody flagged. */
export default function DisputesPage() {
  const project = useQuery(projectQuery(useIdParam("projectId")));
  return (
    <Page title="Disputes and flags" size="xl">
      <Ready query={project} what="the project">
        {(data) => (
          <Stack>
            <Disputes project={data} />
            <Flags project={data} />
          </Stack>
        )}
      </Ready>
    </Page>
  );
}

const mayReview = (project: Project) => project.role === "owner" || project.role === "reviewer";

function Disputes({ project }: { project: Project }) {
  const disputes = useQuery(disputesQuery(project.id));
  return (
    <Panel title="People disagree" note="One verdict settles it: it becomes the label of the item">
      <Ready query={disputes} what="the disputes">
        {({ results }) =>
          results.length === 0 ? (
            <Text size="sm" c="dimmed">
              {project.answers_wanted > 1
                ? "Nobody disagrees at present."
                : "Each item wants one answer here, so nobody can disagree. Settings has “answers wanted”."}
            </Text>
          ) : (
            <SimpleGrid cols={{ base: 1, md: 2 }}>
              {results.map((dispute) => (
                <DisputeCard key={dispute.id} project={project} dispute={dispute} />
              ))}
            </SimpleGrid>
          )
        }
      </Ready>
    </Panel>
  );
}

function DisputeCard({ project, dispute }: { project: Project; dispute: Dispute }) {
  const client = useQueryClient();
  const verdict = useMutation({
    mutationFn: (classId: number) => giveVerdict(dispute.id, classId),
    onSuccess: () => client.invalidateQueries({ queryKey: ["projects", project.id] }),
  });
  const said = (classId: number) => dispute.answers.filter((answer) => answer.class_id === classId);
  return (
    <Paper withBorder p="sm">
      <Stack gap="sm">
        <TextLink size="sm" to={`/projects/${project.id}/items/${dispute.item.id}`}>
          {dispute.item.key}
        </TextLink>
        <Box
          mah={240}
          h={dispute.item.image ? 240 : undefined}
          style={{ overflow: "auto", display: "flex", justifyContent: "center" }}
        >
          <ItemView item={dispute.item} isInPage />
        </Box>
        <Stack gap={6} role="group" aria-label={`Verdict on ${dispute.item.key}`}>
          {[...project.classes]
            .sort((a, b) => said(b.id).length - said(a.id).length)
            .map((one) => (
              <Group key={one.id} justify="space-between" wrap="nowrap">
                <Group gap="xs" style={{ minWidth: 0 }}>
                  <ClassTag name={one.name} colour={one.colour} />
                  {said(one.id).map((answer) => (
                    <Badge key={answer.person} variant="light" tt="none" title={when(answer.created_at)}>
                      {answer.person}
                    </Badge>
                  ))}
                </Group>
                {mayReview(project) && (
                  <Button size="compact-xs" variant="default" disabled={verdict.isPending} onClick={() => verdict.mutate(one.id)}>
                    It is {one.name}
                  </Button>
                )}
              </Group>
            ))}
        </Stack>
        <FormError error={verdict.error} />
      </Stack>
    </Paper>
  );
}

function Flags({ project }: { project: Project }) {
  const flags = useQuery(flagsQuery(project.id));
  return (
    <Panel title="Flags" note="Flagged items come first in a reviewer's queue; answering one settles its flags">
      <Ready query={flags} what="the flags">
        {({ results }) =>
          results.length === 0 ? (
            <Text size="sm" c="dimmed">
              Nobody has flagged anything. On the review page F flags the item on screen.
            </Text>
          ) : (
            <Table.ScrollContainer minWidth={560}>
              <Table>
                <Table.Tbody>
                  {results.map((flag) => (
                    <FlagRow key={flag.id} project={project} flag={flag} />
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )
        }
      </Ready>
    </Panel>
  );
}

function FlagRow({ project, flag }: { project: Project; flag: Flag }) {
  const client = useQueryClient();
  const resolve = useMutation({
    mutationFn: () => resolveFlag(flag.id),
    onSuccess: () => client.invalidateQueries({ queryKey: ["projects", project.id] }),
  });
  return (
    <Table.Tr>
      <Table.Td>
        <TextLink size="sm" to={`/projects/${project.id}/items/${flag.item_id}`}>
          {flag.item_key}
        </TextLink>
      </Table.Td>
      <Table.Td>{flag.note || "no note"}</Table.Td>
      <Table.Td>
        {flag.person}, {when(flag.created_at)}
      </Table.Td>
      <Table.Td>
        {flag.resolved_at ? (
          <Text size="sm" c="dimmed">
            settled {when(flag.resolved_at)}
          </Text>
        ) : (
          mayReview(project) && (
            <Button size="compact-xs" variant="default" loading={resolve.isPending} onClick={() => resolve.mutate()}>
              Settle
            </Button>
          )
        )}
        <FormError error={resolve.error} />
      </Table.Td>
    </Table.Tr>
  );
}
