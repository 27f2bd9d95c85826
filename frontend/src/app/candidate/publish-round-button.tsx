import { Badge, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { mayEngineer } from "@/api/roles";
import type { Beside, Project, Round, RoundSummary } from "@/api/types";
import { changesText } from "@/app/candidate/beside-standing";
import { progressQuery } from "@/labeling/api";
import { plural, t } from "@/language/translate";
import { besideQuery, publishRound } from "@/review/api";
import { ConfirmButton } from "@/ui/confirm-button";
import { count } from "@/ui/format";

/** Makes this round's labels stand: for the first time, or again after a later round. */
export function PublishRoundButton({ project, round }: { project: Project; round: Round | RoundSummary }) {
  const client = useQueryClient();
  const progress = useQuery(progressQuery(project.id));
  const stands = round.source_id !== null && progress.data?.publication?.source_id === round.source_id;
  const isOffered = mayEngineer(project) && round.source_id !== null && progress.data !== undefined && !stands;
  const beside = useQuery({ ...besideQuery(round.id), enabled: isOffered });
  const publish = useMutation({
    // Whoever confirms has seen what is replaced; if that has changed, the server refuses.
    mutationFn: () => publishRound(round.id, beside.data?.standing?.publication_id ?? null),
    onSettled: () => client.invalidateQueries(),
  });
  if (stands) {
    return (
      <Badge size="lg" color="teal" variant="light">
        {t("These labels stand now")}
      </Badge>
    );
  }
  if (!isOffered || beside.data === undefined) return null;
  return (
    <ConfirmButton
      color="teal"
      label={round.state === "published" ? t("Publish this round again") : t("Publish this round")}
      question={t("Make the labels of round {round} stand?", { round: `${round.run_number}.${round.number}` })}
      confirmLabel={t("Yes, let them stand")}
      error={publish.error}
      onConfirm={() => publish.mutateAsync()}
    >
      <WhatIsReplaced beside={beside.data} />
    </ConfirmButton>
  );
}

function WhatIsReplaced({ beside }: { beside: Beside }) {
  const { standing, certificate_number: certificate } = beside;
  return (
    <>
      {standing === null
        ? plural(beside.n_labels, "No machine label stands now. {n} item gets one.", "No machine label stands now. {n} items get one.", { n: count(beside.n_labels) })
        : plural(
            beside.n_standing,
            "The {n} machine label of {source} is retired, and {now} of this round take its place, all at once:",
            "The {n} machine labels of {source} are retired, and {now} of this round take their place, all at once:",
            { n: count(beside.n_standing), source: standing.source_name, now: count(beside.n_labels) },
          )}{" "}
      {standing !== null && changesText(beside.diff)} {t("What people have labeled stays as it is. It can be taken back the same way.")}
      {certificate !== null && (
        <Text span size="sm" display="block" mt="xs" fw={600} c="red">
          {t("Publishing it revokes certificate {number}, for good.", { number: certificate })}
        </Text>
      )}
    </>
  );
}
