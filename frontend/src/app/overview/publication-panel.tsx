import { Stack, Text } from "@mantine/core";

import type { Progress, Project } from "@/api/types";
import { rich } from "@/language/rich";
import { plural, t } from "@/language/translate";
import { DiffText } from "@/review/diff-text";
import { count, when } from "@/ui/format";
import { ButtonLink } from "@/ui/link";
import { Panel } from "@/ui/panel";

/** Which machine's labels stand now, and what they changed. */
export function PublicationPanel({ project, progress }: { project: Project; progress: Progress }) {
  const { publication } = progress;
  return (
    <Panel title={t("Whose machine labels stand")}>
      {publication ? (
        <Stack gap={4} align="flex-start">
          <Text size="sm">
            {rich("{source}, since {date}: {labels} when published", {
              source: <b dir="auto">{publication.source_name}</b>,
              date: when(publication.started_at),
              labels: plural(publication.n_labels, "{n} label", "{n} labels", { n: count(publication.n_labels) }),
            })}
          </Text>
          <DiffText diff={publication.diff} />
          <ButtonLink variant="default" size="compact-sm" to={`/projects/${project.id}/publications`}>
            {t("History, and putting a round back")}
          </ButtonLink>
        </Stack>
      ) : (
        <Text size="sm" c="dimmed">
          {t("None. A finished round publishes its own.")}
        </Text>
      )}
    </Panel>
  );
}
