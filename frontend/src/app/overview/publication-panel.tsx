import { Stack, Text } from "@mantine/core";

import type { Progress, Project } from "@/api/types";
import { DiffText } from "@/review/diff-text";
import { counted, when } from "@/ui/format";
import { ButtonLink } from "@/ui/link";
import { Panel } from "@/ui/panel";

/** Which machine's labels stand now, and what they changed. */
export function PublicationPanel({ project, progress }: { project: Project; progress: Progress }) {
  const { publication } = progress;
  return (
    <Panel title="Whose machine labels stand">
      {publication ? (
        <Stack gap={4} align="flex-start">
          <Text size="sm">
            <b>{publication.source_name}</b>, since {when(publication.started_at)}: {counted(publication.n_labels, "label")} when published
          </Text>
          <DiffText diff={publication.diff} />
          <ButtonLink variant="default" size="compact-sm" to={`/projects/${project.id}/publications`}>
            History, and putting a round back
          </ButtonLink>
        </Stack>
      ) : (
        <Text size="sm" c="dimmed">
          None. A finished round publishes its own.
        </Text>
      )}
    </Panel>
  );
}
