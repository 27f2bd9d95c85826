import { Button, Group, NativeSelect, NumberInput, Paper, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import type { Learner, ParamValues, Policy, PolicyForm, Project, RoundSummary, Run } from "@/api/types";
import { t } from "@/language/translate";
import { roundQuery, runsQuery, startRun } from "@/training/api";
import { ParamForm } from "@/training/param-form";
import { ThresholdSlider } from "@/training/threshold-preview";
import { fieldError } from "@/ui/errors";
import { FormError } from "@/ui/states";

interface Props {
  project: Project;
  learners: readonly Learner[];
  policies: readonly PolicyForm[];
  /** Its settings are what the form begins with. */
  lastRun: Run | undefined;
  lastRound: RoundSummary | undefined;
}

const BESIDE = ["n_rounds", "seed", "learner"];

/** Chooses how the next run works, and starts it. */
export function NewRunForm({ project, learners, policies, lastRun, lastRound }: Props) {
  const client = useQueryClient();
  const [learnerName, setLearnerName] = useState(lastRun?.learner);
  const [params, setParams] = useState<ParamValues>(lastRun?.params ?? {});
  const [kind, setKind] = useState(lastRun?.policy.kind ?? "fixed");
  const [policyValues, setPolicyValues] = useState(withoutKind(lastRun?.policy));
  const [n_rounds, setRounds] = useState(lastRun?.n_rounds ?? 5);
  const [seed, setSeed] = useState(lastRun?.seed ?? 0);

  const learner = learners.find((one) => one.name === learnerName) ?? learners[0];
  const policy = policies.find((one) => one.kind === kind) ?? policies[0];
  const details = useQuery({ ...roundQuery(lastRound?.id ?? 0), enabled: lastRound !== undefined });
  const start = useMutation({
    mutationFn: () =>
      startRun(project.id, {
        learner: learner?.name ?? "",
        params,
        policy: { ...policyValues, kind: policy?.kind ?? "fixed" },
        n_rounds,
        seed,
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: runsQuery(project.id).queryKey }),
  });
  if (!learner || !policy) return <Text c="dimmed">{t("No learner of this server fits {type} items.", { type: project.item_type })}</Text>;

  const threshold = typeof policyValues.threshold === "number" ? policyValues.threshold : 0.95;
  const shown = [...BESIDE, ...learner.params.map((one) => `params.${one.name}`), ...policy.params.map((one) => `policy.${one.name}`)];

  return (
    <Paper withBorder p="md">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          start.mutate();
        }}
      >
        <Stack>
          <Title order={2} size="h4">
            {t("New run")}
          </Title>
          <NativeSelect
            label={t("Learner")}
            description={learner.description}
            data={learners.map((one) => ({ value: one.name, label: one.title }))}
            value={learner.name}
            error={fieldError(start.error, "learner")}
            onChange={(event) => {
              setLearnerName(event.currentTarget.value);
              setParams({});
            }}
          />
          {learner.params.length > 0 && (
            <details>
              <summary>{t("Parameters of the learner")}</summary>
              <ParamForm params={learner.params} values={params} prefix="params" error={start.error} onChange={setParams} />
            </details>
          )}
          <NativeSelect
            label={t("What becomes a pseudo-label")}
            description={policy.description}
            data={policies.map((one) => ({ value: one.kind, label: one.title }))}
            value={policy.kind}
            onChange={(event) => {
              setKind(event.currentTarget.value);
              setPolicyValues({});
            }}
          />
          {policy.kind === "fixed" ? (
            <ThresholdSlider
              threshold={threshold}
              rows={details.data?.metrics.thresholds ?? []}
              round={lastRound}
              onChange={(value) => setPolicyValues({ threshold: Number(value.toFixed(2)) })}
            />
          ) : (
            <ParamForm params={policy.params} values={policyValues} prefix="policy" error={start.error} onChange={setPolicyValues} />
          )}
          <Group align="flex-start">
            <NumberInput
              label={t("Rounds, at most")}
              min={1}
              max={50}
              w={160}
              value={n_rounds}
              error={fieldError(start.error, "n_rounds")}
              onChange={(value) => setRounds(Number(value))}
            />
            <NumberInput
              label={t("Seed")}
              min={0}
              w={160}
              value={seed}
              error={fieldError(start.error, "seed")}
              onChange={(value) => setSeed(Number(value))}
            />
          </Group>
          <FormError error={start.error} shownBeside={shown} />
          <Group justify="flex-end">
            <Button type="submit" loading={start.isPending}>
              {t("Start the run")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Paper>
  );
}

function withoutKind(policy: Policy | undefined): ParamValues {
  return Object.fromEntries(Object.entries(policy ?? {}).filter(([name]) => name !== "kind"));
}
