import { Alert, Button, Stack, Table, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import type { Project, QualityRow, Weighing } from "@/api/types";
import { plural, t } from "@/language/translate";
import { settleDisputes, weighingQuery } from "@/review/api";
import { count, percent } from "@/ui/format";
import { clopperPearson } from "@/ui/intervals";
import { TextLink } from "@/ui/link";
import { Panel } from "@/ui/panel";
import { Ready } from "@/ui/query";
import { Empty, FormError } from "@/ui/states";

/** How right each person is where several answered, and the disputes that their weights would settle. */
export function WeighedPanel({ project }: { project: Project }) {
  const weighing = useQuery(weighingQuery(project.id));
  return (
    <Ready query={weighing} what={t("the answers")}>
      {(data) =>
        data.people.length === 0 ? (
          <Empty title={t("There is nothing to weigh yet")}>
            <Text size="sm">{data.why_not}</Text>
            {project.answers_wanted === 1 && (
              <Text size="sm">
                {t("Each item wants one answer here.")} <TextLink to={`/projects/${project.id}/settings`}>{t("Settings has “answers wanted”.")}</TextLink>
              </Text>
            )}
          </Empty>
        ) : (
          <Stack>
            <Settle project={project} weighing={data} />
            <People weighing={data} />
          </Stack>
        )
      }
    </Ready>
  );
}

function Settle({ project, weighing }: { project: Project; weighing: Weighing }) {
  const client = useQueryClient();
  const settle = useMutation({
    mutationFn: (minQuality: number) => settleDisputes(project.id, minQuality),
    onSettled: () => client.invalidateQueries({ queryKey: ["projects", project.id] }),
  });
  return (
    <Panel
      title={t("Settle disputes by weight")}
      note={t("Each answer weighs as much as its author is right, and the model's word as much as the model is (CROWDLAB). A settled dispute is a label by consensus and a verdict of yours: Z on “People disagree” takes it back.")}
    >
      <Stack gap="sm">
        {weighing.why_not ? (
          <Alert color="gray">{weighing.why_not}</Alert>
        ) : (
          <Table aria-label={t("Disputes by how sure their weighed class is")}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("Weight of the class, at least")}</Table.Th>
                <Table.Th>{t("Decided by reviewers as weighed")}</Table.Th>
                <Table.Th>{t("Disputes that wait")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {weighing.rows.map((row) => (
                <Table.Tr key={row.min_quality}>
                  <Table.Td>{percent(row.min_quality)}</Table.Td>
                  <Table.Td>{upheld(row)}</Table.Td>
                  <Table.Td>
                    {row.n_waiting === 0 ? (
                      t("none")
                    ) : (
                      <Button
                        size="compact-sm"
                        variant="default"
                        loading={settle.isPending && settle.variables === row.min_quality}
                        disabled={settle.isPending}
                        onClick={() => settle.mutate(row.min_quality)}
                      >
                        {t("Settle {n}", { n: count(row.n_waiting) })}
                      </Button>
                    )}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
        <Text size="sm" role="status">
          {settle.data && plural(settle.data.n_settled, "{n} dispute is settled.", "{n} disputes are settled.", { n: count(settle.data.n_settled) })}
        </Text>
        <FormError error={settle.error} />
        <Text size="xs" c="dimmed">
          {t("The weight is no probability: it ranks. What reviewers have decided themselves says how right it is; decide some first. Items drawn at random and audits are left to reviewers, since the model has a word in this and they measure it.")}
        </Text>
      </Stack>
    </Panel>
  );
}

function upheld({ n_decided, n_upheld }: QualityRow): string {
  if (n_decided === 0) return t("none decided yet");
  const [low, high] = clopperPearson(n_upheld, n_decided);
  return t("{k} of {n} ({low} to {high})", { k: count(n_upheld), n: count(n_decided), low: percent(low), high: percent(high) });
}

function People({ weighing }: { weighing: Weighing }) {
  return (
    <Panel
      title={t("How right each person is")}
      note={plural(weighing.n_entries, "By {n} item with answers of several people", "By {n} items with answers of several people", { n: count(weighing.n_entries) })}
    >
      <Table aria-label={t("How right each person is")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("Person")}</Table.Th>
            <Table.Th>{t("Items")}</Table.Th>
            <Table.Th>{t("Answers likely right")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {weighing.people.map((one) => (
            <Table.Tr key={one.username}>
              <Table.Td dir="auto">{one.username}</Table.Td>
              <Table.Td>{count(one.n)}</Table.Td>
              <Table.Td>{percent(one.quality)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Panel>
  );
}
