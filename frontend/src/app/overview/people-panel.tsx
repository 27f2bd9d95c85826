import { Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import type { People, PersonWork, Project } from "@/api/types";
import { peopleQuery } from "@/review/api";
import { count, counted, percent } from "@/ui/format";
import { clopperPearson } from "@/ui/intervals";
import { Panel } from "@/ui/panel";
import { Ready } from "@/ui/query";

/** How fast people answer, how far they agree, and what asking in the queue's order finds. */
export function PeoplePanel({ project }: { project: Project }) {
  const people = useQuery(peopleQuery(project.id));
  return (
    <Panel
      title="People"
      note={people.data && people.data.n_answers > 0 ? `Of the newest ${counted(people.data.n_answers, "answer")}; intervals are at 95%` : undefined}
    >
      <Ready query={people} what="the answers">
        {(data) =>
          data.people.length === 0 ? (
            <Text size="sm" c="dimmed">
              {data.n_answers === 0 ? "Nobody has answered yet." : "You have not answered yet."}
            </Text>
          ) : (
            <Stack gap="sm">
              <Order by_reason={data.by_reason} />
              <PeopleTable people={data.people} />
              <Text size="xs" c="dimmed">
                Seconds: the median, with its interval by order statistics. Agreement: items on which the answer was the class that most of the
                others named, and verdicts: disputes, decided by somebody else since, in which it was upheld, both with exact intervals (Clopper
                and Pearson). Disputes are the hard items, so that verdicts are no accuracy over all. Audits and second answers are no part of
                either.
              </Text>
            </Stack>
          )
        }
      </Ready>
    </Panel>
  );
}

function PeopleTable({ people }: { people: readonly PersonWork[] }) {
  return (
    <Table.ScrollContainer minWidth={560}>
      <Table aria-label="People">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Person</Table.Th>
            <Table.Th>Answers</Table.Th>
            <Table.Th>Seconds each</Table.Th>
            <Table.Th>Agreement</Table.Th>
            <Table.Th>Verdicts upheld</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {people.map((one) => (
            <Table.Tr key={one.username}>
              <Table.Td>{one.username}</Table.Td>
              <Table.Td>
                {count(one.n_answers)}
                {one.n_skipped > 0 && ` and ${count(one.n_skipped)} skipped`}
              </Table.Td>
              <Table.Td>{pace(one)}</Table.Td>
              <Table.Td>{share(one.n_agreed, one.n_compared)}</Table.Td>
              <Table.Td>{share(one.n_upheld, one.n_decided)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function pace({ median_seconds, median_low, median_high }: PersonWork): string {
  if (median_seconds === null) return "–";
  const middle = median_seconds.toFixed(1);
  return median_low === null || median_high === null ? middle : `${middle} (${median_low.toFixed(1)} to ${median_high.toFixed(1)})`;
}

function share(n: number, of: number): string {
  if (of === 0) return "–";
  const [low, high] = clopperPearson(n, of);
  return `${percent(n / of)} of ${count(of)} (${percent(low)} to ${percent(high)})`;
}

/** What people changed of the model's guess where it was unsure, against items drawn at random. */
function Order({ by_reason }: Pick<People, "by_reason">) {
  const [unsure, random] = (["uncertain", "random"] as const).map((reason) => by_reason.find((one) => one.reason === reason));
  if (!unsure && !random) return null;
  return (
    <Text size="sm">
      People answered otherwise than the model
      {unsure && ` in ${share(unsure.n_changed, unsure.n)} answers where it was unsure`}
      {unsure && random && ", and"}
      {random && ` in ${share(random.n_changed, random.n)} on items drawn at random`}. Where it is unsure they mostly see its guess; of random items
      they do not.
    </Text>
  );
}
