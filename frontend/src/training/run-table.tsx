import { Checkbox, Group, Table, Text, VisuallyHidden } from "@mantine/core";
import { useState } from "react";

import type { Id, Run } from "@/api/types";
import { madeElsewhere } from "@/training/made-elsewhere";
import { said } from "@/ui/server-says";
import { t } from "@/language/translate";
import { when, words } from "@/ui/format";
import { ButtonLink, TextLink } from "@/ui/link";
import { Panel } from "@/ui/panel";
import { WorkBadge } from "@/ui/work-progress";

/** The runs of a project, the newest first; two of them can be chosen and held side by side. */
export function RunTable({ projectId, runs }: { projectId: Id; runs: readonly Run[] }) {
  const [chosen, setChosen] = useState<readonly Id[]>([]);
  // A third takes the place of the first.
  const toggle = (id: Id) => setChosen((now) => (now.includes(id) ? now.filter((one) => one !== id) : [...now, id].slice(-2)));
  // The older on the left, whichever was chosen first.
  const [left, right] = [...chosen].sort((a, b) => a - b);
  return (
    <Panel title={t("Runs")} note={t("Choose two to see them side by side")}>
      <Table.ScrollContainer minWidth={560}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th w={40}>
                <VisuallyHidden>{t("Compare")}</VisuallyHidden>
              </Table.Th>
              <Table.Th>{t("Run")}</Table.Th>
              <Table.Th>{t("State")}</Table.Th>
              <Table.Th>{t("Learner")}</Table.Th>
              <Table.Th>{t("Rounds")}</Table.Th>
              <Table.Th>{t("Started")}</Table.Th>
              <Table.Th>{t("Why it stopped")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {runs.map((run) => (
              <Table.Tr key={run.id}>
                <Table.Td>
                  <Checkbox
                    size="xs"
                    aria-label={t("Choose run {number}", { number: run.number })}
                    checked={chosen.includes(run.id)}
                    onChange={() => toggle(run.id)}
                  />
                </Table.Td>
                <Table.Td>
                  <TextLink to={`/projects/${projectId}/runs/${run.id}`} style={{ whiteSpace: "nowrap" }}>{t("Run {number}", { number: run.number })}</TextLink>
                </Table.Td>
                <Table.Td>
                  <WorkBadge state={run.state} />
                </Table.Td>
                <Table.Td>{run.trigger === "file" ? madeElsewhere(run) : words(run.learner)}</Table.Td>
                <Table.Td>{run.rounds.length}</Table.Td>
                <Table.Td>{when(run.created_at)}</Table.Td>
                <Table.Td>{said(run.stop_reason) || run.error_message || "–"}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Group mt="sm" gap="sm" mih={30}>
        {left !== undefined && right !== undefined ? (
          <ButtonLink size="xs" to={`/projects/${projectId}/runs/compare?left=${left}&right=${right}`}>
            {t("Compare the two")}
          </ButtonLink>
        ) : (
          <Text size="sm" c="dimmed" aria-live="polite">
            {chosen.length === 1 ? t("One more, and they can be compared.") : t("No run is chosen.")}
          </Text>
        )}
      </Group>
    </Panel>
  );
}
