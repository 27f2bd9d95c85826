import { Badge, Group, Stack, Table, Text, VisuallyHidden } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { mayEngineer } from "@/api/roles";
import type { Project, Publication } from "@/api/types";
import { projectQuery } from "@/labeling/api";
import { plural, t } from "@/language/translate";
import { discardPublication, publicationsQuery, publishRound } from "@/review/api";
import { DiffText } from "@/review/diff-text";
import { ConfirmButton } from "@/ui/confirm-button";
import { count, when } from "@/ui/format";
import { useIdParam } from "@/ui/id-param";
import { TextLink } from "@/ui/link";
import { Page } from "@/ui/page";
import { Ready } from "@/ui/query";
import { Empty } from "@/ui/states";

/** Which machine labels stood when, what each set changed, and the way back. */
export default function PublicationsPage() {
  const projectId = useIdParam("projectId");
  const project = useQuery(projectQuery(projectId));
  const publications = useQuery(publicationsQuery(projectId));
  return (
    <Page title={t("Publications")}>
      <Ready query={project} what={t("the project")}>
        {(data) => (
          <Ready query={publications} what={t("the publications")}>
            {({ results }) => (results.length === 0 ? <NonePublished project={data} /> : <History project={data} publications={results} />)}
          </Ready>
        )}
      </Ready>
    </Page>
  );
}

function NonePublished({ project }: { project: Project }) {
  return (
    <Empty title={t("No machine labels were published yet")}>
      <Text c="dimmed">
        {project.publishing === "by_hand"
          ? t("When a run of training ends, its last round waits as a candidate. Somebody publishes it on the training page, and its accepted labels stand, all at once.")
          : t("When a round of training ends, its accepted labels are published here, all at once.")}
      </Text>
    </Empty>
  );
}

function History({ project, publications }: { project: Project; publications: Publication[] }) {
  const mayPublish = mayEngineer(project);
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        {t("One set of machine labels stands at a time. Publishing another retires it whole; what people labeled always stays.")}
      </Text>
      <Table.ScrollContainer minWidth={700}>
        <Table verticalSpacing="sm">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("Labels of")}</Table.Th>
              <Table.Th>{t("In use")}</Table.Th>
              <Table.Th>{t("Labels")}</Table.Th>
              <Table.Th>
                <VisuallyHidden>{t("Actions")}</VisuallyHidden>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {publications.map((one) => (
              <Table.Tr key={one.id}>
                <Table.Td>
                  {one.round_id ? <TextLink to={`/projects/${project.id}/rounds/${one.round_id}`}>{one.source.name}</TextLink> : one.source.name}
                  {one.started_by && (
                    <Text size="xs" c="dimmed">
                      {t("by {person}", { person: one.started_by })}
                    </Text>
                  )}
                </Table.Td>
                <Table.Td>
                  <Text size="sm">{t("from {time}", { time: when(one.started_at) })}</Text>
                  {one.ended_at ? (
                    <Text size="sm" c="dimmed">
                      {t("until {time}: {reason}", { time: when(one.ended_at), reason: one.ended_reason })}
                    </Text>
                  ) : (
                    <Badge color="teal" variant="light">
                      {t("stands now")}
                    </Badge>
                  )}
                </Table.Td>
                <Table.Td>
                  <Text size="sm">{plural(one.n_labels, "{n} label", "{n} labels", { n: count(one.n_labels) })}</Text>
                  <DiffText diff={one.diff} />
                </Table.Td>
                <Table.Td>{mayPublish && <Actions project={project} publication={one} standing={publications.find((each) => each.ended_at === null)} />}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Stack>
  );
}

function Actions({ project, publication, standing }: { project: Project; publication: Publication; standing: Publication | undefined }) {
  const client = useQueryClient();
  const refresh = () => client.invalidateQueries({ queryKey: ["projects", project.id] });
  const discard = useMutation({ mutationFn: () => discardPublication(project.id), onSuccess: refresh });
  const putBack = useMutation({ mutationFn: (roundId: number) => publishRound(roundId, standing?.id ?? null), onSuccess: refresh });
  const { round_id } = publication;

  if (publication.ended_at === null) {
    return (
      <Group justify="flex-end">
        <ConfirmButton
          size="xs"
          variant="default"
          label={t("Discard")}
          question={t("Discard the labels of {source}?", { source: publication.source.name })}
          confirmLabel={t("Discard them all")}
          error={discard.error}
          onConfirm={() => discard.mutateAsync()}
        >
          {t(
            "All its machine labels are retired and no machine labels stand. What people labeled stays. The round can be published again later. A valid certificate is revoked, for good.",
          )}
        </ConfirmButton>
      </Group>
    );
  }
  if (round_id === null || standing?.round_id === round_id) return null;
  return (
    <Group justify="flex-end">
      <ConfirmButton
        size="xs"
        variant="default"
        color="teal"
        label={t("Publish this round again")}
        question={t("Publish the labels of {source} again?", { source: publication.source.name })}
        confirmLabel={t("Publish them again")}
        error={putBack.error}
        onConfirm={() => putBack.mutateAsync(round_id)}
      >
        {t(
          "They take the place of the machine labels that stand now, all at once. What people labeled since stays. A valid certificate is revoked, for good.",
        )}
      </ConfirmButton>
    </Group>
  );
}
