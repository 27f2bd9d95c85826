import { Button, Checkbox, Group, Table, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { mayEngineerOrReview } from "@/api/roles";
import type { Findings, Inspection, LabelErrorCandidate, NamedItem, Project } from "@/api/types";
import { said } from "@/ui/server-says";
import { plural, t } from "@/language/translate";
import { flagCandidates } from "@/training/quality/api";
import { ClassById } from "@/training/quality/class-by-id";
import { NamedItemLine } from "@/training/quality/named-item";
import { count, percent } from "@/ui/format";
import { Panel } from "@/ui/panel";
import { FormError } from "@/ui/states";

const SHOWN = 25;

interface Props {
  project: Project;
  inspection: Inspection;
  found: Findings["labels"];
}

/** Labels that contradict the others, the likeliest first; the chosen ones go to the queue. */
export function LabelErrorsPanel({ project, inspection, found }: Props) {
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const [limit, setLimit] = useState(SHOWN);
  const send = useMutation({
    mutationFn: () => flagCandidates(inspection.id, [...chosen]),
    onSuccess: () => setChosen(new Set()),
  });
  const candidates = found.candidates ?? [];
  const maySend = mayEngineerOrReview(project);

  function choose(ids: number[], isChosen: boolean) {
    setChosen((before) => new Set(isChosen ? [...before, ...ids] : [...before].filter((id) => !ids.includes(id))));
  }

  const shown = candidates.slice(0, limit);
  const shownIds = shown.map((one) => one.item_id);
  return (
    <Panel title={t("Possible label errors")} note={said(found.sentence)}>
      {shown.length > 0 && (
        <Table.ScrollContainer minWidth={520}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th w={48}>
                  <Checkbox
                    aria-label={t("Choose all shown")}
                    checked={shownIds.every((id) => chosen.has(id))}
                    onChange={(event) => choose(shownIds, event.currentTarget.checked)}
                  />
                </Table.Th>
                <Table.Th>{t("Item")}</Table.Th>
                <Table.Th>{t("Labeled")}</Table.Th>
                <Table.Th>{t("The others suggest")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {shown.map((one) => (
                <CandidateRow
                  key={one.item_id}
                  project={project}
                  candidate={one}
                  items={inspection.items}
                  isChosen={chosen.has(one.item_id)}
                  onChoose={choose}
                />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <Group justify="space-between" mt="xs">
        {candidates.length > limit ? (
          <Button variant="subtle" size="xs" onClick={() => setLimit(candidates.length)}>
            {t("Show all {n}", { n: candidates.length })}
          </Button>
        ) : (
          <span />
        )}
        {maySend && candidates.length > 0 && (
          <Button size="xs" disabled={chosen.size === 0} loading={send.isPending} onClick={() => send.mutate()}>
            {chosen.size === 0 ? t("Send to the queue") : plural(chosen.size, "Send {n} item to the queue", "Send {n} items to the queue", { n: count(chosen.size) })}
          </Button>
        )}
      </Group>
      <FormError error={send.error} />
      {send.data && (
        <Text size="sm" role="status">
          {plural(
            send.data.length,
            "{n} item went on top of the queue, each with its reason. Those flagged or changed before were left out.",
            "{n} items went on top of the queue, each with its reason. Those flagged or changed before were left out.",
            { n: count(send.data.length) },
          )}
        </Text>
      )}
    </Panel>
  );
}

interface RowProps {
  project: Project;
  candidate: LabelErrorCandidate;
  items: readonly NamedItem[];
  isChosen: boolean;
  onChoose: (ids: number[], isChosen: boolean) => void;
}

function CandidateRow({ project, candidate, items, isChosen, onChoose }: RowProps) {
  const { item_id, class_id, suggested_class_id } = candidate;
  const key = items.find((one) => one.id === item_id)?.key ?? t("item {id}", { id: item_id });
  return (
    <Table.Tr>
      <Table.Td>
        <Checkbox
          aria-label={t("Choose {item}", { item: key })}
          checked={isChosen}
          onChange={(event) => onChoose([item_id], event.currentTarget.checked)}
        />
      </Table.Td>
      <Table.Td>
        <NamedItemLine project={project} id={item_id} items={items} />
      </Table.Td>
      <Table.Td>
        <ClassById classes={project.classes} id={class_id} /> {percent(candidate.confidence, 0)}
      </Table.Td>
      <Table.Td>
        <ClassById classes={project.classes} id={suggested_class_id} /> {percent(candidate.suggested_confidence, 0)}
      </Table.Td>
    </Table.Tr>
  );
}
