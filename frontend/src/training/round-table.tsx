import { Badge, Table, Text } from "@mantine/core";

import type { RoundSummary } from "@/api/types";
import { t, tc } from "@/language/translate";
import { heldText } from "@/training/candidate";
import { count, percent, percentWithin } from "@/ui/format";
import { TextLink } from "@/ui/link";
import { said } from "@/ui/server-says";

const COLOURS: Record<RoundSummary["state"], string> = { running: "blue", ready: "yellow", published: "teal", skipped: "gray" };

function stateName(state: RoundSummary["state"]): string {
  switch (state) {
    case "running":
      return tc("state of a round", "running");
    case "ready":
      return tc("state of a round", "candidate");
    case "published":
      return tc("state of a round", "published");
    default:
      return tc("state of a round", "skipped");
  }
}

export function RoundTable({ projectId, rounds }: { projectId: number; rounds: readonly RoundSummary[] }) {
  if (rounds.length === 0) return null;
  return (
    <Table.ScrollContainer minWidth={640}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("Round")}</Table.Th>
            <Table.Th>{t("State")}</Table.Th>
            <Table.Th>{t("Human labels")}</Table.Th>
            <Table.Th>{t("Holdout accuracy (95% interval)")}</Table.Th>
            <Table.Th>{t("Test")}</Table.Th>
            <Table.Th>{t("Accepted")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rounds.map((round) => (
            <Table.Tr key={round.id}>
              <Table.Td>
                <TextLink to={`/projects/${projectId}/rounds/${round.id}`}>
                  {round.run_number}.{round.number}
                </TextLink>
              </Table.Td>
              <Table.Td>
                <Badge variant="light" miw="max-content" color={COLOURS[round.state]}>
                  {stateName(round.state)}
                </Badge>
                {(round.held_back || round.state_reason) && (
                  <Text size="xs" maw={280} mt={4}>
                    {round.held_back ? heldText(round.held_back) : said(round.state_reason)}
                  </Text>
                )}
              </Table.Td>
              <Table.Td>{count(round.n_human)}</Table.Td>
              <Table.Td>{percentWithin(round.holdout_accuracy, round.low, round.high)}</Table.Td>
              <Table.Td>{percent(round.test_accuracy)}</Table.Td>
              <Table.Td>
                {round.n_accepted === null ? (
                  "–"
                ) : (
                  <>
                    {count(round.n_accepted)}{" "}
                    <Text span size="sm" c="dimmed">
                      ({percent(round.share_accepted)})
                    </Text>
                  </>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
