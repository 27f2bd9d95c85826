import { Button, Checkbox, Group, NumberInput, Paper, SimpleGrid, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import type { Learner, Project } from "@/api/types";
import { plural, t } from "@/language/translate";
import { comparisonsQuery, startComparison } from "@/training/compare/api";
import { readSizes } from "@/training/compare/sizes";
import { fieldError } from "@/ui/errors";
import { FormError } from "@/ui/states";

const BESIDE = ["learners", "n_labels", "n_seeds", "max_seconds"];

/** Chooses learners, sizes and seeds, and starts the comparison. */
export function ComparisonForm({ project, learners }: { project: Project; learners: readonly Learner[] }) {
  const client = useQueryClient();
  const [chosen, setChosen] = useState(learners.slice(0, 3).map((one) => one.name));
  const [sizes, setSizes] = useState("");
  const [n_seeds, setSeeds] = useState(3);
  const [minutes, setMinutes] = useState(15);
  const n_labels = readSizes(sizes);
  const start = useMutation({
    mutationFn: () =>
      startComparison(project.id, {
        learners: chosen.map((learner) => ({ learner })),
        n_labels: n_labels ?? [],
        n_seeds,
        seed: 0,
        max_seconds: Math.round(minutes * 60),
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: comparisonsQuery(project.id).queryKey }),
  });
  const nTrials = chosen.length * n_seeds * Math.max(1, n_labels?.length ?? 1);
  const wrongSizes = n_labels === null ? t("Write whole numbers, such as 100, 500.") : undefined;

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
            {t("New comparison")}
          </Title>
          <Checkbox.Group label={t("Learners")} value={chosen} onChange={setChosen} error={fieldError(start.error, "learners")}>
            <SimpleGrid cols={{ base: 1, sm: 2, md: 3 }} spacing="xs" mt="xs">
              {learners.map((one) => (
                <Checkbox key={one.name} value={one.name} label={one.title} description={one.description} />
              ))}
            </SimpleGrid>
          </Checkbox.Group>
          <Group align="flex-start">
            <TextInput
              label={t("Numbers of labels")}
              description={t("Empty: all training labels")}
              placeholder="100, 500"
              value={sizes}
              error={wrongSizes ?? fieldError(start.error, "n_labels")}
              onChange={(event) => setSizes(event.currentTarget.value)}
            />
            <NumberInput
              label={t("Seeds")}
              description={t("More are surer, and slower")}
              min={1}
              max={20}
              value={n_seeds}
              error={fieldError(start.error, "n_seeds")}
              onChange={(value) => setSeeds(Number(value))}
            />
            <NumberInput
              label={t("Minutes of a trial")}
              description={t("At most; then it is stopped")}
              min={1}
              max={1440}
              value={minutes}
              error={fieldError(start.error, "max_seconds")}
              onChange={(value) => setMinutes(Number(value))}
            />
          </Group>
          <FormError error={start.error} shownBeside={BESIDE} />
          <Group justify="space-between">
            <Text size="sm" c="dimmed">
              {plural(nTrials, "{n} trials, one after the other.", "{n} trials, one after the other.", { n: nTrials })}
            </Text>
            <Button type="submit" loading={start.isPending} disabled={chosen.length === 0 || n_labels === null}>
              {t("Compare")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Paper>
  );
}
