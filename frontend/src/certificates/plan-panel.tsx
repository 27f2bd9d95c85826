import { Group, NativeSelect, SegmentedControl, Stack, Table, Text, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { useState } from "react";

import type { Plan, PlanRow, Project, Promised } from "@/api/types";
import { goalPercent, goalText, type Goal } from "@/certificates/attempt-state";
import styles from "@/certificates/certificates.module.css";
import { answersOf, confidencesOf, epsOf, priceText, rough, rowFor } from "@/certificates/plan";
import { capitalized, count, counted, when } from "@/ui/format";
import { ButtonLink } from "@/ui/link";
import { Panel } from "@/ui/panel";
import { Empty } from "@/ui/states";

const PROMISED: { value: Promised; label: string }[] = [
  { value: "dataset", label: "all labels" },
  { value: "machine", label: "the machine's labels" },
];

interface Props {
  project: Project;
  plan: Plan | null;
  goal: Goal;
  onGoal: (goal: Goal) => void;
}

/** How many human labels each goal would cost, by the newest forecast; a click takes a goal into the form. */
export function PlanPanel({ project, plan, goal, onGoal }: Props) {
  if (plan === null) return <NoPlan project={project} />;
  const after = plan.round_name ? `after ${plan.round_name}` : "before a model was trained";
  return (
    <Panel title="What it would cost" note={`Forecast of ${when(plan.created_at)}, ${after}: ${count(plan.n_human)} of ${counted(plan.n_items, "item")} labeled by people`}>
      <Stack>
        <Text fw={500}>{plan.sentence}</Text>
        <Text size="sm">{plan.next_hundred.sentence}</Text>
        {plan.rows.length > 0 && <Goals project={project} plan={plan} goal={goal} onGoal={onGoal} />}
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
            At most so many wrong of
          </Text>
          <SegmentedControl
            aria-labelledby="plan-promise"
            data={PROMISED}
            value={goal.promise}
            onChange={(promise) => onGoal({ ...goal, promise: promise as Promised })}
          />
        </Stack>
        {answers.length > 1 && (
          <NativeSelect
            label="People per item"
            data={answers.map((n) => ({ value: String(n), label: String(n) }))}
            value={String(answersWanted)}
            onChange={(event) => setAnswersWanted(Number(event.currentTarget.value))}
          />
        )}
      </Group>
      <Text size="sm" c="dimmed">
        Human labels in all, those given already included, and the range to expect. A click takes a goal into the form.
      </Text>
      <Table.ScrollContainer minWidth={400}>
        <Table withColumnBorders>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">Wrong, at most</Table.Th>
              {confidences.map((confidence) => (
                <Table.Th key={confidence} scope="col">
                  {goalPercent(confidence)} confidence
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
          ? `${capitalized(goalText(goal))}: ${priceText(chosen)}`
          : `The table has no row for at most ${goalPercent(goal.eps)} wrong with ${goalPercent(goal.confidence)} confidence; those around it tell about what to expect.`}
      </Text>
    </>
  );
}

function Price({ row, isChosen, onChoose }: { row: PlanRow | undefined; isChosen: boolean; onChoose: () => void }) {
  if (!row) return null;
  return (
    <UnstyledButton
      className={styles.price}
      aria-pressed={isChosen}
      onClick={onChoose}
    >
      <VisuallyHidden>
        At most {goalPercent(row.eps)} wrong with {goalPercent(row.confidence)} confidence: about{" "}
      </VisuallyHidden>
      <Text size="sm" fw={600}>
        {count(rough(row.n_total))}
        <VisuallyHidden> {rough(row.n_total) === 1 ? "human label" : "human labels"}, </VisuallyHidden>
      </Text>
      <Text size="xs" c="dimmed">
        {count(rough(row.low))} to {count(rough(row.high))}
      </Text>
    </UnstyledButton>
  );
}

function NoPlan({ project }: { project: Project }) {
  return (
    <Panel title="What it would cost">
      <Empty title="There is no forecast yet">
        <Text c="dimmed">
          One is made when the project has items, and a sharper one after each published round. Import items, label some of them, and train a
          first round.
        </Text>
        <Group justify="center">
          <ButtonLink to={`/projects/${project.id}/training`}>Train a round</ButtonLink>
          <ButtonLink variant="default" to={`/projects/${project.id}/data`}>
            Import items
          </ButtonLink>
        </Group>
      </Empty>
    </Panel>
  );
}
