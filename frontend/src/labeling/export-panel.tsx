import { Button, Checkbox, Group, NativeSelect, NumberInput, Stack, Table, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import type { Export, Project } from "@/api/types";
import { cancelExport, exportFileUrl, exportFormatsQuery, exportsQuery, startExport } from "@/labeling/api";
import { said } from "@/labeling/names";
import { msg, plural, t } from "@/language/translate";
import { fieldError } from "@/ui/errors";
import { bytes, count, when } from "@/ui/format";
import { DownloadIcon } from "@/ui/icons";
import { Panel } from "@/ui/panel";
import { Ready } from "@/ui/query";
import { FormError } from "@/ui/states";
import { said as sentence } from "@/ui/server-says";
import { WorkProgress } from "@/ui/work-progress";

const SOURCES = [
  { value: "", label: msg("everything") },
  { value: "human", label: msg("labeled by people") },
  { value: "machine", label: msg("labeled by the model") },
  { value: "none", label: msg("not labeled") },
];
const CARRIED = [
  { value: "answers", label: msg("single answers, with times and notes") },
  { value: "probabilities", label: msg("probabilities of the likeliest classes") },
  { value: "extras", label: msg("extra columns of imported files") },
];

/** Takes the result home: any filter, with the provenance of each label, made in the background. */
export function ExportPanel({ project }: { project: Project }) {
  const client = useQueryClient();
  const exports = useQuery(exportsQuery(project.id));
  const formats = useQuery(exportFormatsQuery);
  const suiting = (formats.data ?? []).filter((one) => one.item_types?.includes(project.item_type) ?? true);
  const [format, setFormat] = useState("csv");
  const [source, setSource] = useState("");
  const [carried, setCarried] = useState<string[]>([]);
  const [minimum, setMinimum] = useState<number>();
  const start = useMutation({
    mutationFn: () =>
      startExport(project.id, {
        format,
        carried,
        filters: { ...(source && { source }), ...(minimum !== undefined && { confidence_min: minimum / 100 }) },
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: exportsQuery(project.id).queryKey }),
  });

  return (
    <Panel title={t("Export")} note={t("Each row says who labeled it, with which model version, confidence and threshold")}>
      <Stack>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            start.mutate();
          }}
        >
          <Group align="flex-end">
            <NativeSelect
              label={t("Format")}
              data={suiting.map(({ name, title }) => ({ value: name, label: sentence(title) }))}
              value={format}
              error={fieldError(start.error, "format")}
              onChange={(event) => setFormat(event.currentTarget.value)}
            />
            <NativeSelect label={t("Items")} data={said(SOURCES)} value={source} onChange={(event) => setSource(event.currentTarget.value)} />
            <NumberInput
              label={t("Confidence from %")}
              min={0}
              max={100}
              w={150}
              value={minimum ?? ""}
              onChange={(value) => setMinimum(value === "" ? undefined : Number(value))}
            />
            <Button type="submit" loading={start.isPending}>
              {t("Export")}
            </Button>
          </Group>
        </form>
        <Checkbox.Group label={t("Also carry")} value={carried} onChange={setCarried}>
          <Group mt={4}>
            {said(CARRIED).map((one) => (
              <Checkbox key={one.value} value={one.value} label={one.label} />
            ))}
          </Group>
        </Checkbox.Group>
        <FormError error={start.error} shownBeside={["format"]} />
        <Ready query={exports} what={t("the exports")}>
          {({ results }) =>
            results.length === 0 ? null : (
              <Table.ScrollContainer minWidth={560}>
                <Table>
                  <Table.Tbody>
                    {results.map((one) => (
                      <ExportRow key={one.id} project={project} data={one} />
                    ))}
                  </Table.Tbody>
                </Table>
              </Table.ScrollContainer>
            )
          }
        </Ready>
      </Stack>
    </Panel>
  );
}

function ExportRow({ project, data }: { project: Project; data: Export }) {
  const client = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => cancelExport(data.id),
    onSettled: () => client.invalidateQueries({ queryKey: exportsQuery(project.id).queryKey }),
  });
  return (
    <Table.Tr>
      <Table.Td>
        {data.format}
        <Text size="xs" c="dimmed">
          {data.created_by ? t("{time}, {person}", { time: when(data.created_at), person: data.created_by }) : when(data.created_at)}
        </Text>
      </Table.Td>
      <Table.Td>
        {data.state === "done" ? (
          <Text size="sm" component="div">
            {plural(data.n_rows, "{n} row, {size}", "{n} rows, {size}", { n: count(data.n_rows), size: bytes(data.n_bytes) })}
            {data.n_withheld > 0 && (
              <Text size="xs" c="dimmed">
                {plural(
                  data.n_withheld,
                  "{n} row is without a label: people are being asked about it, blind. Export again when they have answered.",
                  "{n} rows are without a label: people are being asked about them, blind. Export again when they have answered.",
                  { n: count(data.n_withheld) },
                )}
              </Text>
            )}
          </Text>
        ) : (
          <WorkProgress work={data} noun={t("export")} />
        )}
      </Table.Td>
      <Table.Td ta="end">
        {data.state === "done" && (
          <Button component="a" href={exportFileUrl(data.id)} download size="compact-sm" variant="default" leftSection={<DownloadIcon size={14} />}>
            {t("Download")}
          </Button>
        )}
        {data.is_open && (
          <Button size="compact-sm" variant="default" loading={cancel.isPending} onClick={() => cancel.mutate()}>
            {t("Cancel")}
          </Button>
        )}
        <FormError error={cancel.error} />
      </Table.Td>
    </Table.Tr>
  );
}
