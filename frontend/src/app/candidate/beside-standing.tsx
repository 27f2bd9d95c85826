import { Stack, Table, Text } from "@mantine/core";

import type { Beside, Paired, Round, RoundSummary } from "@/api/types";
import { pText } from "@/training/candidate";
import { plural, t } from "@/language/translate";
import { count, percent, percentWithin } from "@/ui/format";

/** A round beside what stands: which is right more often on the same held-out items, and what publishing would change. */
export function BesideStanding({ round, beside }: { round: Round | RoundSummary; beside: Beside }) {
  const { standing, paired, diff } = beside;
  if (standing === null) {
    return (
      <Text size="sm">
        {plural(beside.n_labels, "No machine label stands now. {n} item would get one.", "No machine label stands now. {n} items would get one.", { n: count(beside.n_labels) })}
      </Text>
    );
  }
  return (
    <Stack gap="xs">
      <Table.ScrollContainer minWidth={420}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("Labels of")}</Table.Th>
              <Table.Th>{paired ? plural(paired.n, "Right on the same {n} held-out item", "Right on the same {n} held-out items", { n: count(paired.n) }) : t("Right on held-out items")}</Table.Th>
              <Table.Th>{t("Labels")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            <Row name={t("{source}, which stands", { source: standing.source_name })} right={paired?.standing} nLabels={beside.n_standing} />
            <Row name={t("round {round}", { round: `${round.run_number}.${round.number}` })} right={paired?.candidate} nLabels={beside.n_labels} />
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Text size="sm" fw={paired?.is_worse ? 600 : undefined} c={paired?.is_worse ? "red" : undefined}>
        {paired ? differenceText(paired) : t("No held-out item says anything of both, so which is right more often is not known.")}
      </Text>
      <Text size="sm">{changesText(diff)}</Text>
      {beside.certificate_number !== null && (
        <Text size="sm" c="red" fw={600}>
          {t("Publishing it revokes certificate {number}, for good.", { number: beside.certificate_number })}
        </Text>
      )}
    </Stack>
  );
}

function Row({ name, right, nLabels }: { name: string; right: Paired["standing"] | undefined; nLabels: number }) {
  return (
    <Table.Tr>
      <Table.Td dir="auto">{name}</Table.Td>
      <Table.Td>{right ? percentWithin(right.accuracy, right.low, right.high) : "–"}</Table.Td>
      <Table.Td>{count(nLabels)}</Table.Td>
    </Table.Tr>
  );
}

function differenceText({ n_lost, n_won, difference, difference_low, difference_high, is_worse, p_worse }: Paired): string {
  const n = Math.abs(n_won - n_lost);
  const shown = { n: count(n), share: signed(difference), low: signed(difference_low), high: signed(difference_high) };
  if (n === 0) return t("Both are right on equally many of them.");
  if (n_won > n_lost) return t("The round is right on {n} more of them: {share} ({low} to {high}).", shown);
  return is_worse
    ? t("The round is right on {n} fewer of them: {share} ({low} to {high}). That is more than chance explains (p {p}).", { ...shown, p: pText(p_worse) })
    : t("The round is right on {n} fewer of them: {share} ({low} to {high}). That may be chance (p {p}).", { ...shown, p: pText(p_worse) });
}

const signed = (share: number) => `${share > 0 ? "+" : ""}${percent(share)}`;

/** What publishing does to the machine labels that stand. */
export const changesText = (diff: Beside["diff"]): string =>
  t("{gained} labels gained, {lost} lost, {changed} changed, {kept} the same.", {
    gained: count(diff.new ?? 0),
    lost: count(diff.dropped ?? 0),
    changed: count(diff.changed ?? 0),
    kept: count(diff.kept ?? 0),
  });
