import { Button, Checkbox, Group, NumberInput, Paper, Radio, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import type { Project, Promised } from "@/api/types";
import { askAttempt, attemptsQuery } from "@/certificates/api";
import { goalText, perClassText, shareOf, type Goal } from "@/certificates/attempt-state";
import { t } from "@/language/translate";
import { fieldError } from "@/ui/errors";
import { capitalized } from "@/ui/format";
import { FormError } from "@/ui/states";

const BESIDE = ["promise", "eps", "confidence", "per_class", "n_audits", "n_second"];

/** A share as the percentage that a person reads and types. */
const percentageOf = (share: number) => Number((share * 100).toFixed(4));

/** Asks for an attempt: states the goal, and with that freezes model, ranking and items. */
export function AttemptForm({ project, goal, onGoal }: { project: Project; goal: Goal; onGoal: (goal: Goal) => void }) {
  const client = useQueryClient();
  const [per_class, setPerClass] = useState(false);
  const [n_audits, setAudits] = useState<number | null>(null);
  const [n_second, setSecond] = useState(0);
  const ask = useMutation({
    mutationFn: () => askAttempt(project.id, { ...goal, per_class, n_audits, n_second }),
    onSuccess: () => client.invalidateQueries({ queryKey: attemptsQuery(project.id).queryKey }),
  });

  return (
    <Paper withBorder p="md" component="section" aria-label={t("New attempt")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          ask.mutate();
        }}
      >
        <Stack>
          <div>
            <Title order={2} size="h4">
              {t("New attempt")}
            </Title>
            <Text size="sm" c="dimmed">
              {t("Freezes the standing model's ranking of all items and draws the audits. Until it ends, classes and question stay as they are, and audited items are not trained on.")}
            </Text>
          </div>
          <Radio.Group
            label={t("The promise is about")}
            value={goal.promise}
            error={fieldError(ask.error, "promise")}
            onChange={(promise) => onGoal({ ...goal, promise: promise as Promised })}
          >
            <Stack gap="xs" mt="xs">
              <Radio value="dataset" label={t("All labels")} description={t("Ends with every item labeled, by a person or by the machine; people's count as right")} />
              <Radio
                value="machine"
                label={t("The machine's labels")}
                description={t("Only those that the machine keeps; items beyond the cut may stay unlabeled")}
              />
            </Stack>
          </Radio.Group>
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <NumberInput
              label={t("Wrong, at most")}
              description={t("Half of it costs about twice the audits")}
              suffix={t("%")}
              min={0.01}
              max={50}
              clampBehavior="none"
              decimalScale={4}
              required
              value={percentageOf(goal.eps)}
              error={fieldError(ask.error, "eps")}
              onChange={(value) => value !== "" && onGoal({ ...goal, eps: shareOf(Number(value)) })}
            />
            <NumberInput
              label={t("Confidence")}
              description={t("The chance that the audits do not deceive")}
              suffix={t("%")}
              min={50}
              max={99.99}
              clampBehavior="none"
              decimalScale={4}
              required
              value={percentageOf(goal.confidence)}
              error={fieldError(ask.error, "confidence")}
              onChange={(value) => value !== "" && onGoal({ ...goal, confidence: shareOf(Number(value)) })}
            />
            <NumberInput
              label={t("Audits")}
              description={t("Drawn at random; one in ten that people are asked is something else, unless audits are all that is left. Empty: in stages, until more would save nobody work")}
              placeholder={t("as many as it takes")}
              min={1}
              allowDecimal={false}
              clampBehavior="none"
              value={n_audits ?? ""}
              error={fieldError(ask.error, "n_audits")}
              onChange={(value) => setAudits(value === "" ? null : Number(value))}
            />
            <NumberInput
              label={t("Second answers")}
              description={t("So many labels of people are asked again, blind, of others: bounds people's own error, for a third of the risk. 0: people count as right")}
              min={0}
              allowDecimal={false}
              clampBehavior="none"
              value={n_second}
              error={fieldError(ask.error, "n_second")}
              onChange={(value) => setSecond(Number(value))}
            />
          </SimpleGrid>
          <Checkbox
            label={t("For each predicted class by itself")}
            description={perClassText({ ...goal, nClasses: project.classes.length })}
            checked={per_class}
            error={fieldError(ask.error, "per_class")}
            onChange={(event) => setPerClass(event.currentTarget.checked)}
          />
          <FormError error={ask.error} shownBeside={BESIDE} />
          <Group justify="space-between">
            <Text size="sm" c="dimmed">
              {capitalized(goalText({ ...goal, per_class }))}.
            </Text>
            <Button type="submit" loading={ask.isPending}>
              {t("Ask for the attempt")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Paper>
  );
}
