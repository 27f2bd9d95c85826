import { Badge } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { mayEngineer } from "@/api/roles";
import type { Project, Round } from "@/api/types";
import { progressQuery } from "@/labeling/api";
import { t } from "@/language/translate";
import { publishRound } from "@/review/api";
import { ConfirmButton } from "@/ui/confirm-button";

/** Makes this round's labels stand: for the first time, or again after a later round. */
export function PublishRoundButton({ project, round }: { project: Project; round: Round }) {
  const client = useQueryClient();
  const progress = useQuery(progressQuery(project.id));
  const publish = useMutation({
    mutationFn: () => publishRound(project.id, round.id),
    onSuccess: () => client.invalidateQueries(),
  });
  const stands = round.source_id !== null && progress.data?.publication?.source_id === round.source_id;
  if (stands) {
    return (
      <Badge size="lg" color="teal" variant="light">
        {t("These labels stand now")}
      </Badge>
    );
  }
  const mayPublish = mayEngineer(project);
  if (!mayPublish || round.source_id === null || progress.data === undefined) return null;
  return (
    <ConfirmButton
      color="teal"
      label={round.state === "published" ? t("Put this round back") : t("Publish this round")}
      question={t("Make the labels of round {round} stand?", { round: `${round.run_number}.${round.number}` })}
      confirmLabel={t("Yes, let them stand")}
      error={publish.error}
      onConfirm={() => publish.mutateAsync()}
    >
      {t("The machine labels that stand now are retired, all at once, and those of this round take their place. What people have labeled stays as it is. It can be taken back the same way, but a valid certificate is revoked by it, for good.")}
    </ConfirmButton>
  );
}
