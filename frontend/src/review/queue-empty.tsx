import { Alert, Button, Group, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { mayEngineer } from "@/api/roles";
import type { Project } from "@/api/types";
import { progressQuery } from "@/labeling/api";
import { NoItems } from "@/labeling/no-items";
import { plural, t } from "@/language/translate";
import { queueQuery, refillQueue } from "@/review/api";
import type { SessionState } from "@/review/session";
import { count } from "@/ui/format";
import { ButtonLink } from "@/ui/link";
import { Empty, FormError } from "@/ui/states";

/** Nothing is left to ask: every item that came has a person's label, such as where only labeled rows were imported. */
function AllLabeled({ project, n }: { project: Project; n: number }) {
  return (
    <Empty title={t("Every item is labeled by people")}>
      <Text c="dimmed">
        {plural(
          n,
          "{n} item has its label already, so there is nothing to ask. Import items without labels, and a model that learns from this one labels them; or export the labels as they are.",
          "All {n} items have their labels already, so there is nothing to ask. Import items without labels, and a model that learns from these labels them; or export the labels as they are.",
          { n: count(n) },
        )}
      </Text>
      <Group justify="center">
        <ButtonLink to={`/projects/${project.id}/data`}>{mayEngineer(project) ? t("Import items or export") : t("Export")}</ButtonLink>
        {mayEngineer(project) && (
          <ButtonLink variant="default" to={`/projects/${project.id}/training`}>
            {t("Train a round")}
          </ButtonLink>
        )}
        <ButtonLink variant="subtle" to={`/projects/${project.id}`}>
          {t("Back to the project")}
        </ButtonLink>
      </Group>
    </Empty>
  );
}

/** Nothing to show: says why, and what can be done about it. */
export function QueueEmpty({ project, state, onRetry }: { project: Project; state: SessionState; onRetry: () => void }) {
  const client = useQueryClient();
  const queue = useQuery(queueQuery(project.id));
  const progress = useQuery(progressQuery(project.id));
  const refill = useMutation({
    mutationFn: () => refillQueue(project.id),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: queueQuery(project.id).queryKey });
      onRetry();
    },
  });

  if (state.trouble) {
    return (
      <Empty title={t("The queue cannot be reached")}>
        <Alert color="orange" role="alert">
          {state.trouble.message}
        </Alert>
        <Text size="sm" c="dimmed">
          {t("Answers that you gave are safe in this browser and are sent as soon as the server is back.")}
        </Text>
        <Button onClick={onRetry}>{t("Try again")}</Button>
      </Empty>
    );
  }
  if (progress.data?.n_items === 0) return <NoItems project={project} />;
  if (progress.data && progress.data.n_human === progress.data.n_items) return <AllLabeled project={project} n={progress.data.n_items} />;
  const { n_held = 0, n_disputed = 0, held_by_me = 0 } = queue.data ?? {};
  const n_held_by_others = Math.max(0, n_held - held_by_me);
  return (
    <Empty title={t("You have answered everything that is asked")}>
      <Text c="dimmed">
        {n_held_by_others > 0
          ? plural(
              n_held_by_others,
              "Other people hold the last {n} item. What they do not answer comes back here by itself.",
              "Other people hold the last {n} items. What they do not answer comes back here by itself.",
              { n: count(n_held_by_others) },
            )
          : t("Every item in the queue is answered. The next training round fills it again with what the model is unsure of.")}
      </Text>
      {n_disputed > 0 && <Text c="dimmed">{plural(n_disputed, "{n} item wait for a reviewer's verdict.", "{n} items wait for a reviewer's verdict.", { n: count(n_disputed) })}</Text>}
      <FormError error={refill.error} />
      <Group justify="center">
        {mayEngineer(project) && (
          <>
            <ButtonLink to={`/projects/${project.id}/training`}>{t("Train the next round")}</ButtonLink>
            <Button variant="default" loading={refill.isPending} onClick={() => refill.mutate()}>
              {t("Fill the queue now")}
            </Button>
          </>
        )}
        {n_disputed > 0 && (
          <ButtonLink variant="default" to={`/projects/${project.id}/adjudication`}>
            {t("Give the verdicts")}
          </ButtonLink>
        )}
        <Button variant="default" onClick={onRetry}>
          {t("Look again")}
        </Button>
        <ButtonLink variant="subtle" to={`/projects/${project.id}`}>
          {t("Back to the project")}
        </ButtonLink>
      </Group>
    </Empty>
  );
}
