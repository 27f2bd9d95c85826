import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import type { Progress, Project, ShareEstimate, WrongShare } from "@/api/types";
import { rich } from "@/language/rich";
import { plural, t } from "@/language/translate";
import { peopleQuery } from "@/review/api";
import { DiffText } from "@/review/diff-text";
import { count, percent, when } from "@/ui/format";
import { ButtonLink } from "@/ui/link";
import { Panel } from "@/ui/panel";

/** Which machine's labels stand now, and what they changed. */
export function PublicationPanel({ project, progress }: { project: Project; progress: Progress }) {
  const { publication } = progress;
  const { data: people } = useQuery(peopleQuery(project.id));
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
          {people?.machine_wrong && <WrongLine wrong={people.machine_wrong} />}
          <ButtonLink variant="default" size="compact-sm" to={`/projects/${project.id}/publications`}>
            {t("History, and putting a round back")}
          </ButtonLink>
        </Stack>
      ) : (
        <Text size="sm" c="dimmed">
          {project.publishing === "by_hand" ? t("None. A finished round is a candidate until somebody publishes it.") : t("None. A finished round publishes its own.")}
        </Text>
      )}
    </Panel>
  );
}

/** How many of the labels are wrong, about: what blind answers to random items say, and the model's doubt with them. */
function WrongLine({ wrong }: { wrong: WrongShare }) {
  if (wrong.n === 0)
    return (
      <Text size="sm" c="dimmed">
        {t("How many of them are wrong shows once people answer items that were drawn at random.")}
      </Text>
    );
  const { weighted, assisted } = wrong;
  const by = { n: count(wrong.n) };
  return (
    <Stack gap={0}>
      <Text size="sm">
        {plural(
          wrong.n,
          "By {n} blind answer to an item drawn at random about {share} of them were wrong when published ({low} to {high}, approximate).",
          "By {n} blind answers to items drawn at random about {share} of them were wrong when published ({low} to {high}, approximate).",
          { ...by, ...shown(weighted) },
        )}
      </Text>
      {assisted && (
        <Text size="sm" c="dimmed">
          {t("With the help of how sure the model was: {share} ({low} to {high}).", shown(assisted))}
        </Text>
      )}
    </Stack>
  );
}

const shown = ({ share, low, high }: ShareEstimate) => ({ share: percent(share), low: percent(low), high: percent(high) });
