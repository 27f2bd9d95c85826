import { Badge, Group, Paper, Progress, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { mayEngineer } from "@/api/roles";
import type { Attempt, Project } from "@/api/types";
import { abandonAttempt, attemptsQuery } from "@/certificates/api";
import { attemptName, goalText, nextText, STATES } from "@/certificates/attempt-state";
import { Hash } from "@/certificates/hash";
import { ReasonButton } from "@/certificates/reason-button";
import { rich } from "@/language/rich";
import { plural, t } from "@/language/translate";
import { count, when } from "@/ui/format";
import { ButtonLink, TextLink } from "@/ui/link";
import { said } from "@/ui/server-says";

/** The attempt that is under way: how far people are, what happens next, and the way out. */
export function OpenAttempt({ project, attempt }: { project: Project; attempt: Attempt }) {
  const mayAbandon = mayEngineer(project);
  const name = attemptName(attempt);
  return (
    <Paper withBorder p="md" component="section" aria-label={name}>
      <Stack>
        <Group justify="space-between">
          <Group gap="xs">
            <Title order={2} size="h4">
              {name}
            </Title>
            <Badge color={STATES[attempt.state].colour} variant="light">
              {t(STATES[attempt.state].title)}
            </Badge>
          </Group>
          <Group gap="xs">
            {mayAbandon && <Abandon project={project} attempt={attempt} />}
            {attempt.state !== "queued" && project.role !== "viewer" && (
              <ButtonLink size="xs" to={`/projects/${project.id}/review`}>
                {t("Review")}
              </ButtonLink>
            )}
          </Group>
        </Group>
        <Text>{t("To prove: {goal}.", { goal: goalText(attempt) })}</Text>
        {attempt.state !== "queued" && <Counts attempt={attempt} />}
        {attempt.state_reason && <Text size="sm">{said(attempt.state_reason)}</Text>}
        <Text size="sm" role="status">
          {nextText(attempt)}
        </Text>
        {attempt.frozen_at !== null && <Frozen project={project} attempt={attempt} />}
      </Stack>
    </Paper>
  );
}

const auditsName = ({ stage, stages }: Attempt) =>
  stages.length > 1
    ? t("Blind answers, to audits and what is mixed in (stage {stage} of at most {stages})", { stage, stages: stages.length })
    : t("Blind answers, to audits and what is mixed in");

function Counts({ attempt }: { attempt: Attempt }) {
  return (
    <Stack gap="xs">
      {attempt.state === "auditing" ? (
        <Counted name={auditsName(attempt)} n={attempt.n_answered} of={attempt.n_asked} />
      ) : (
        <Counted name={t("Audits")} n={attempt.n_audits_done} of={attempt.n_audits} />
      )}
      {attempt.state === "reviewing" && (
        <Text size="sm">
          {rich("Left for people beyond the cut: {items}", {
            items: <b>{plural(attempt.n_remaining, "{n} item", "{n} items", { n: count(attempt.n_remaining) })}</b>,
          })}
        </Text>
      )}
    </Stack>
  );
}

function Counted({ name, n, of }: { name: string; n: number; of: number }) {
  return (
    <div>
      <Group justify="space-between">
        <Text size="sm">{name}</Text>
        <Text size="sm" fw={600}>
          {t("{n} of {total}", { n: count(n), total: count(of) })}
        </Text>
      </Group>
      <Progress value={of > 0 ? (100 * n) / of : 100} aria-label={name} />
    </div>
  );
}

/** What was committed to before the first answer. */
function Frozen({ project, attempt }: { project: Project; attempt: Attempt }) {
  const counts = {
    items: plural(attempt.n_items, "{n} item", "{n} items", { n: count(attempt.n_items) }),
    human: count(attempt.n_human),
    candidates: count(attempt.n_candidates),
    measure: attempt.ranked_by,
  };
  const round =
    attempt.round_id === null ? (
      attempt.round_name
    ) : (
      <TextLink size="sm" to={`/projects/${project.id}/rounds/${attempt.round_id}`}>
        {attempt.round_name}
      </TextLink>
    );
  return (
    <>
      <Text size="sm" c="dimmed">
        {attempt.round_name
          ? rich("{items}: {human} labeled by people before, {candidates} ranked with {round} by {measure}.", { ...counts, round })
          : rich("{items}: {human} labeled by people before, {candidates} ranked by {measure}.", counts)}{" "}
        {attempt.asked_by
          ? t("Asked for by {person} on {date}.", { person: attempt.asked_by, date: when(attempt.asked_at) })
          : t("Asked for on {date}.", { date: when(attempt.asked_at) })}
      </Text>
      <details>
        <summary>{t("What was fixed before the first answer")}</summary>
        <Stack gap="xs" mt="xs">
          <Text size="sm" c="dimmed">
            {t("Note these down: the certificate states them again, and nobody can then have changed salt, items or ranking after seeing answers.")}
          </Text>
          <Hash name={t("Salt of the draw")} value={attempt.salt_hash} />
          <Hash name={t("List of items")} value={attempt.items_hash} />
          <Hash name={t("Ranking")} value={attempt.ranking_hash} />
        </Stack>
      </details>
    </>
  );
}

function Abandon({ project, attempt }: { project: Project; attempt: Attempt }) {
  const client = useQueryClient();
  const abandon = useMutation({
    mutationFn: (reason: string) => abandonAttempt(attempt.id, reason),
    onSettled: () => client.invalidateQueries({ queryKey: attemptsQuery(project.id).queryKey }),
  });
  return (
    <ReasonButton
      size="xs"
      variant="default"
      label={t("Abandon")}
      question={attempt.number === null ? t("Abandon attempt?") : t("Abandon attempt {number}?", { number: attempt.number })}
      confirmLabel={t("Abandon it")}
      error={abandon.error}
      onConfirm={(reason) => abandon.mutateAsync(reason)}
    >
      {attempt.number === null
        ? t("It has drawn nothing yet, so nothing is spent.")
        : t("Its audits leave the queue, and what was answered stays as labels of people. Its share of the risk stays spent: the next attempt has a smaller one, and so needs more audits for the same goal.")}
    </ReasonButton>
  );
}
