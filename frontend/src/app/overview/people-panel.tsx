import { Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import type { People, PersonWork, Project } from "@/api/types";
import { GoldLine } from "@/app/overview/gold-line";
import { plural, t } from "@/language/translate";
import { peopleQuery } from "@/review/api";
import { count, decimal, percent } from "@/ui/format";
import { clopperPearson } from "@/ui/intervals";
import { Panel } from "@/ui/panel";
import { Ready } from "@/ui/query";

/** How fast people answer, how far they agree, and what asking in the queue's order finds. */
export function PeoplePanel({ project }: { project: Project }) {
  const people = useQuery(peopleQuery(project.id));
  return (
    <Panel
      title={t("People")}
      note={
        people.data && people.data.n_answers > 0
          ? plural(people.data.n_answers, "Of the newest {n} answer; intervals are at 95%", "Of the newest {n} answers; intervals are at 95%", {
              n: count(people.data.n_answers),
            })
          : undefined
      }
    >
      <Stack gap="md">
        <Ready query={people} what={t("the answers")}>
          {(data) =>
            data.people.length === 0 ? (
              <Text size="sm" c="dimmed">
                {data.n_answers === 0 ? t("Nobody has answered yet.") : t("You have not answered yet.")}
              </Text>
            ) : (
              <Stack gap="sm">
                <Order by_reason={data.by_reason} />
                <PeopleTable people={data.people} />
                <Text size="xs" c="dimmed">
                  {t("Seconds: the median, with its interval by order statistics. Agreement: items on which the answer was the class that most of the others named, and verdicts: disputes, decided by somebody else since, in which it was upheld, both with exact intervals (Clopper and Pearson). Disputes are the hard items, so that verdicts are no accuracy over all. Audits and second answers are no part of either.")}
                </Text>
              </Stack>
            )
          }
        </Ready>
        {project.role !== "annotator" && project.role !== "viewer" && <GoldLine project={project} />}
      </Stack>
    </Panel>
  );
}

function PeopleTable({ people }: { people: readonly PersonWork[] }) {
  return (
    <Table.ScrollContainer minWidth={680}>
      <Table aria-label={t("People")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("Person")}</Table.Th>
            <Table.Th>{t("Answers")}</Table.Th>
            <Table.Th>{t("Seconds each")}</Table.Th>
            <Table.Th>{t("Agreement")}</Table.Th>
            <Table.Th>{t("Verdicts upheld")}</Table.Th>
            <Table.Th>{t("Right on gold")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {people.map((one) => (
            <Table.Tr key={one.username}>
              <Table.Td dir="auto">{one.username}</Table.Td>
              <Table.Td>
                {one.n_skipped > 0 ? t("{n} and {skipped} skipped", { n: count(one.n_answers), skipped: count(one.n_skipped) }) : count(one.n_answers)}
              </Table.Td>
              <Table.Td>{pace(one)}</Table.Td>
              <Table.Td>{share(one.n_agreed, one.n_compared)}</Table.Td>
              <Table.Td>{share(one.n_upheld, one.n_decided)}</Table.Td>
              <Table.Td>{share(one.n_gold_right, one.n_gold)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function pace({ median_seconds, median_low, median_high }: PersonWork): string {
  if (median_seconds === null) return "–";
  const middle = decimal(median_seconds, 1);
  if (median_low === null || median_high === null) return middle;
  return t("{middle} ({low} to {high})", { middle, low: decimal(median_low, 1), high: decimal(median_high, 1) });
}

function share(n: number, of: number): string {
  if (of === 0) return "–";
  const [low, high] = clopperPearson(n, of);
  return t("{share} of {n} ({low} to {high})", { share: percent(n / of), n: count(of), low: percent(low), high: percent(high) });
}

/** What people changed of the model's guess where it was unsure, against items drawn at random. */
function Order({ by_reason }: Pick<People, "by_reason">) {
  const [unsure, random] = (["uncertain", "random"] as const).map((reason) => by_reason.find((one) => one.reason === reason));
  if (!unsure && !random) return null;
  return (
    <Text size="sm">
      {unsure && random
        ? t("People answered otherwise than the model in {unsure} answers where it was unsure, and in {random} on items drawn at random.", {
            unsure: share(unsure.n_changed, unsure.n),
            random: share(random.n_changed, random.n),
          })
        : unsure
          ? t("People answered otherwise than the model in {unsure} answers where it was unsure.", { unsure: share(unsure.n_changed, unsure.n) })
          : random &&
            t("People answered otherwise than the model in {random} on items drawn at random.", { random: share(random.n_changed, random.n) })}{" "}
      {t("Where it is unsure they mostly see its guess; of random items they do not.")}
    </Text>
  );
}
