import { Alert, Group, NativeSelect, SegmentedControl, Stack, Table, Text, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { useState } from "react";

import type { Certificate, Plan, PlanRow, Project, Promised } from "@/api/types";
import { goalPercent, goalText, type Goal } from "@/certificates/attempt-state";
import styles from "@/certificates/certificates.module.css";
import { adviceText, answersOf, changeText, confidencesOf, epsOf, planText, priceText, rough, rowFor } from "@/certificates/plan";
import { type Message, msg, plural, t } from "@/language/translate";
import { capitalized, count, when } from "@/ui/format";
import { ButtonLink } from "@/ui/link";
import { Panel } from "@/ui/panel";
import { Empty } from "@/ui/states";

const PROMISED: { value: Promised; label: Message }[] = [
  { value: "dataset", label: msg("all labels") },
  { value: "machine", label: msg("the machine's labels") },
];

interface Props {
  project: Project;
  plan: Plan | null;
  /** The certificate that holds, if one does: then nothing more is needed for what it promises. */
  valid: Certificate | undefined;
  goal: Goal;
  onGoal: (goal: Goal) => void;
}

/** How many human labels each goal would cost, by the newest forecast; a click takes a goal into the form. */
export function PlanPanel({ project, plan, valid, goal, onGoal }: Props) {
  if (plan === null) return <NoPlan project={project} />;
  const made = { date: when(plan.created_at), human: count(plan.n_human), n: count(plan.n_items) };
  const note = plan.round_name
    ? plural(
        plan.n_items,
        "Forecast of {date}, after {round}: {human} of {n} item labeled by people",
        "Forecast of {date}, after {round}: {human} of {n} items labeled by people",
        { ...made, round: plan.round_name },
      )
    : plural(
        plan.n_items,
        "Forecast of {date}, before a model was trained: {human} of {n} item labeled by people",
        "Forecast of {date}, before a model was trained: {human} of {n} items labeled by people",
        made,
      );
  return (
    <Panel title={t("What it would cost")} note={note}>
      <Stack>
        {plan.is_out_of_date ? (
          <Alert color="orange" title={t("This forecast is out of date")}>
            {[...plan.changes.map(changeText), t("A new one is made within moments, or when an import has ended.")].join(" ")}
          </Alert>
        ) : (
          <Text fw={500}>{planText(plan)}</Text>
        )}
        {plan.setback !== "" && <Alert color="red" title={t("A newer forecast could not be made")}>{plan.setback}</Alert>}
        <Text size="sm">
          {valid
            ? t("Certificate {number} is valid. Ask for another attempt for a stricter goal, or for items added since.", { number: valid.number })
            : plan.is_out_of_date ? "" : adviceText(plan)}
        </Text>
        {plan.rows.length > 0 && !plan.is_out_of_date && <Goals project={project} plan={plan} goal={goal} onGoal={onGoal} />}
      </Stack>
    </Panel>
  );
}

function Goals({ project, plan, goal, onGoal }: { project: Project; plan: Plan; goal: Goal; onGoal: (goal: Goal) => void }) {
  const { rows } = plan;
  const answers = answersOf(rows);
  const [answersWanted, setAnswersWanted] = useState(answers.includes(project.answers_wanted) ? project.answers_wanted : (answers[0] ?? 1));
  const confidences = confidencesOf(rows);
  const chosen = rowFor(rows, goal, answersWanted);
  return (
    <>
      <Group align="flex-end">
        <Stack gap={2}>
          <Text size="sm" fw={500} id="plan-promise">
            {t("The limit holds for")}
          </Text>
          <SegmentedControl
            aria-labelledby="plan-promise"
            data={PROMISED.map(({ value, label }) => ({ value, label: t(label) }))}
            value={goal.promise}
            onChange={(promise) => onGoal({ ...goal, promise: promise as Promised })}
          />
        </Stack>
        {answers.length > 1 && (
          <NativeSelect
            label={t("People per item")}
            data={answers.map((n) => ({ value: String(n), label: String(n) }))}
            value={String(answersWanted)}
            onChange={(event) => setAnswersWanted(Number(event.currentTarget.value))}
          />
        )}
      </Group>
      <Text size="sm" c="dimmed">
        {t("Human labels in all, those given already included, and the range to expect. A click takes a goal into the form.")}
      </Text>
      <Table.ScrollContainer minWidth={400}>
        <Table withColumnBorders>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t("Wrong, at most")}</Table.Th>
              {confidences.map((confidence) => (
                <Table.Th key={confidence} scope="col">
                  {t("{confidence} confidence", { confidence: goalPercent(confidence) })}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {epsOf(rows).map((eps) => (
              <Table.Tr key={eps}>
                <Table.Th scope="row">{goalPercent(eps)}</Table.Th>
                {confidences.map((confidence) => (
                  <Table.Td key={confidence} p={0}>
                    <Price
                      row={rowFor(rows, { promise: goal.promise, eps, confidence }, answersWanted)}
                      isChosen={chosen?.eps === eps && chosen.confidence === confidence}
                      onChoose={() => onGoal({ promise: goal.promise, eps, confidence })}
                    />
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Text size="sm" role="status">
        {chosen
          ? t("{goal}: {price}", { goal: capitalized(goalText(goal)), price: priceText(chosen) })
          : t("The table has no row for at most {share} wrong with {confidence} confidence; those around it tell about what to expect.", {
              share: goalPercent(goal.eps),
              confidence: goalPercent(goal.confidence),
            })}
      </Text>
    </>
  );
}

function Price({ row, isChosen, onChoose }: { row: PlanRow | undefined; isChosen: boolean; onChoose: () => void }) {
  if (!row) return null;
  const [n, low, high] = [row.n_total, row.low, row.high].map((of) => count(rough(of))) as [string, string, string];
  const goal = { share: goalPercent(row.eps), confidence: goalPercent(row.confidence) };
  return (
    <UnstyledButton className={styles.price} aria-pressed={isChosen} onClick={onChoose}>
      <VisuallyHidden>{t("At most {share} wrong with {confidence} confidence, human labels:", goal)} </VisuallyHidden>
      <Text size="sm" fw={600}>
        {n}
      </Text>
      <Text size="xs" c="dimmed">
        {t("{low} to {high}", { low, high })}
      </Text>
    </UnstyledButton>
  );
}

function NoPlan({ project }: { project: Project }) {
  return (
    <Panel title={t("What it would cost")}>
      <Empty title={t("There is no forecast yet")}>
        <Text c="dimmed">
          {t("One is made when the project has items, and a sharper one after each published round. Import items, label some of them, and train a first round.")}
        </Text>
        <Group justify="center">
          <ButtonLink to={`/projects/${project.id}/training`}>{t("Train a round")}</ButtonLink>
          <ButtonLink variant="default" to={`/projects/${project.id}/data`}>
            {t("Import items")}
          </ButtonLink>
        </Group>
      </Empty>
    </Panel>
  );
}
