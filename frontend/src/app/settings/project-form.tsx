import { Button, Group, NativeSelect, NumberInput, SimpleGrid, Stack, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";

import { mayEngineer } from "@/api/roles";
import type { Project, ProjectSettings } from "@/api/types";
import { deleteProject, deletionsQuery, projectQuery, projectsQuery, updateProject } from "@/labeling/api";
import { type Message, msg, t } from "@/language/translate";
import { ConfirmButton } from "@/ui/confirm-button";
import { fieldError } from "@/ui/errors";
import { Panel } from "@/ui/panel";
import { FormError } from "@/ui/states";

type NumberSetting = {
  [Name in keyof ProjectSettings]: ProjectSettings[Name] extends number ? Name : never;
}[keyof ProjectSettings];

const NUMBERS: { name: NumberSetting; label: Message; help: Message; min: number; max?: number; step?: number }[] = [
  { name: "target_precision", label: msg("Target precision"), help: msg("The share of machine labels that should be right"), min: 0.5, max: 1, step: 0.01 },
  { name: "confidence_level", label: msg("Confidence level"), help: msg("How sure to be of that share"), min: 0.5, max: 0.9999, step: 0.01 },
  { name: "holdout_share", label: msg("Holdout share"), help: msg("Of human labels that come by a random draw: kept for measuring"), min: 0, max: 0.9, step: 0.05 },
  { name: "answers_wanted", label: msg("Answers wanted"), help: msg("People per item; above 1 all answer blind and the majority decides. What waits in the queue follows"), min: 1, max: 20 },
  { name: "review_budget", label: msg("Queue size"), help: msg("Entries open after a round"), min: 0 },
  { name: "random_share", label: msg("Random share of the queue"), help: msg("Drawn uniformly: feeds the holdout"), min: 0, max: 1, step: 0.05 },
  { name: "retrain_after", label: msg("Retrain after"), help: msg("New human labels that start the next run by themselves; 0: only by hand"), min: 0 },
  { name: "monitor_per_week", label: msg("Audits a week after release"), help: msg("Blind checks of certified labels; 0: none"), min: 0, max: 10_000 },
  { name: "lease_seconds", label: msg("Time to answer, in seconds"), help: msg("How long a person holds an item before it goes to others"), min: 5, max: 86_400 },
];

const ORDERS: { value: ProjectSettings["acquisition"]; label: Message }[] = [
  { value: "margin", label: msg("margin between the best two") },
  { value: "margin_random", label: msg("margin, every second at random") },
  { value: "entropy", label: msg("entropy") },
  { value: "least_confident", label: msg("least confident") },
  { value: "random", label: msg("random") },
];

const PUBLISHING: { value: ProjectSettings["publishing"]; label: Message }[] = [
  { value: "by_hand", label: msg("by hand: it waits as a candidate") },
  { value: "by_itself", label: msg("by itself, unless the holdout says it is worse") },
];

const BESIDE = ["name", "question", "instructions", "acquisition", "publishing", ...NUMBERS.map((one) => one.name)];

/** The project's settings. Only what was changed is sent, so that two people do not overwrite each other. */
export function ProjectForm({ project }: { project: Project }) {
  const client = useQueryClient();
  const [draft, setDraft] = useState<Partial<ProjectSettings>>({});
  const mayEdit = mayEngineer(project);
  const update = useMutation({
    mutationFn: () => updateProject(project.id, draft),
    onSuccess: (changed) => {
      client.setQueryData(projectQuery(project.id).queryKey, changed);
      setDraft({});
    },
  });
  const shown = { ...project, ...draft };
  const set = (change: Partial<ProjectSettings>) => setDraft({ ...draft, ...change });

  return (
    <Panel title={t("Project")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          update.mutate();
        }}
      >
        <Stack>
          <TextInput
            label={t("Name")}
            dir="auto"
            required
            disabled={!mayEdit}
            value={shown.name}
            onChange={(event) => set({ name: event.currentTarget.value })}
            error={fieldError(update.error, "name")}
          />
          <Textarea
            label={t("Question")}
            dir="auto"
            description={t("What people are asked, shown while they review")}
            autosize
            disabled={!mayEdit}
            value={shown.question}
            onChange={(event) => set({ question: event.currentTarget.value })}
            error={fieldError(update.error, "question")}
          />
          <Textarea
            label={t("Instructions")}
            description={t("How to decide, shown in the guide of the review page")}
            autosize
            minRows={2}
            maxRows={16}
            disabled={!mayEdit}
            value={shown.instructions}
            onChange={(event) => set({ instructions: event.currentTarget.value })}
            error={fieldError(update.error, "instructions")}
          />
          <SimpleGrid cols={{ base: 1, sm: 2 }} style={{ alignItems: "end" }}>
            {NUMBERS.map(({ name, label, help, min, max, step }) => (
              <NumberInput
                key={name}
                label={t(label)}
                description={t(help)}
                min={min}
                max={max}
                step={step ?? 1}
                disabled={!mayEdit}
                value={shown[name]}
                onChange={(value) => value !== "" && set({ [name]: Number(value) })}
                error={fieldError(update.error, name)}
              />
            ))}
            <NativeSelect
              label={t("Order of the queue")}
              description={t("Among what the model is unsure of")}
              data={ORDERS.map(({ value, label }) => ({ value, label: t(label) }))}
              disabled={!mayEdit}
              value={shown.acquisition}
              onChange={(event) => set({ acquisition: event.currentTarget.value as ProjectSettings["acquisition"] })}
              error={fieldError(update.error, "acquisition")}
            />
            <NativeSelect
              label={t("Publishing a finished round")}
              description={t("A valid certificate, and what somebody has chosen since, are only ever replaced by a person")}
              data={PUBLISHING.map(({ value, label }) => ({ value, label: t(label) }))}
              disabled={!mayEdit}
              value={shown.publishing}
              onChange={(event) => set({ publishing: event.currentTarget.value as ProjectSettings["publishing"] })}
              error={fieldError(update.error, "publishing")}
            />
          </SimpleGrid>
          <FormError error={update.error} shownBeside={BESIDE} />
          {mayEdit && (
            <Group justify="space-between">
              {project.role === "owner" ? <DeleteProject project={project} /> : <span />}
              <Button type="submit" loading={update.isPending} disabled={Object.keys(draft).length === 0}>
                {t("Save")}
              </Button>
            </Group>
          )}
        </Stack>
      </form>
    </Panel>
  );
}

function DeleteProject({ project }: { project: Project }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: () => deleteProject(project.id),
    onSuccess: async () => {
      await navigate("/");
      await Promise.all([projectsQuery, deletionsQuery].map(({ queryKey }) => client.invalidateQueries({ queryKey })));
    },
  });
  return (
    <ConfirmButton
      variant="subtle"
      color="red"
      label={t("Delete the project")}
      question={t("Delete {name}?", { name: project.name })}
      confirmLabel={t("Delete it with everything in it")}
      error={remove.error}
      onConfirm={() => remove.mutateAsync()}
    >
      {t("Its items, labels, rounds and history disappear for all members. Export first what you want to keep.")}
    </ConfirmButton>
  );
}
