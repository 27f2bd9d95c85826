import { Button, Group, Text } from "@mantine/core";

import type { Adjudication, Project } from "@/api/types";
import { t } from "@/language/translate";
import type { Origin } from "@/review/adjudication/cases";
import type { AdjudicationState } from "@/review/adjudication/adjudication-session";
import { ButtonLink } from "@/ui/link";
import { Empty, Loading } from "@/ui/states";

interface Props {
  project: Project;
  origin: Origin;
  state: AdjudicationState;
  opinions: Adjudication | undefined;
  onRetry: () => void;
}

/** No case on screen: says why, and what to do next. */
export function NothingLeft({ project, origin, state, opinions, onRetry }: Props) {
  if (state.trouble) {
    return (
      <Empty title={t("The cases could not be loaded")}>
        <Text c="dimmed" role="alert">
          {state.trouble.message}
        </Text>
        <Button onClick={onRetry}>{t("Try again")}</Button>
      </Empty>
    );
  }
  if (state.status === "loading" || (origin === "model" && opinions === undefined)) return <Loading what={t("the cases")} />;
  const at = `/projects/${project.id}`;
  if (origin === "people") {
    return (
      <Empty title={t("There is nothing to decide")}>
        <Text c="dimmed">
          {project.answers_wanted > 1
            ? t("Nobody disagrees at present, and no flag is open.")
            : t("No flag is open. Each item wants one answer here, so nobody can disagree; Settings has “answers wanted”.")}
        </Text>
        <Group justify="center">
          <ButtonLink to={`${at}/adjudication?of=model`}>{t("See where a model disagrees")}</ButtonLink>
          <ButtonLink to={`${at}/review`} variant="default">
            {t("Review")}
          </ButtonLink>
        </Group>
      </Empty>
    );
  }
  if (opinions?.is_blind) {
    return (
      <Empty title={t("Closed while audits are asked")}>
        <Text c="dimmed">
          {t(
            "An attempt to certify is under way, and its audits are answered blind: until they all are, nobody is shown what the model says against people. This list opens again by itself.",
          )}
        </Text>
        <Group justify="center">
          <ButtonLink to={`${at}/certificates`}>{t("See the attempt")}</ButtonLink>
          <ButtonLink to={`${at}/review`} variant="default">
            {t("Answer audits")}
          </ButtonLink>
        </Group>
      </Empty>
    );
  }
  if (!opinions?.round) {
    return (
      <Empty title={t("No model has said anything yet")}>
        <Text c="dimmed">{t("After a round, people's labels are held against what the model says of items that it did not learn from.")}</Text>
        <ButtonLink to={`${at}/training`}>{t("Train a round")}</ButtonLink>
      </Empty>
    );
  }
  return (
    <Empty title={t("No label stands against the model")}>
      <Text c="dimmed">
        {t("Round {round} strongly contradicts no label that it had not learned from.", {
          round: `${opinions.round.run_number}.${opinions.round.number}`,
        })}{" "}
        {opinions.inspection
          ? t("Training labels were judged by inspection {n}; a new one judges those given since.", { n: opinions.inspection.number })
          : t("It says nothing of the labels that it learned from: an inspection judges those.")}
      </Text>
      <ButtonLink to={`${at}/quality`}>{t("Inspect the labels")}</ButtonLink>
    </Empty>
  );
}
