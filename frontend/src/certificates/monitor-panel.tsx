import { Button, Group, NumberInput, Progress, Stack, Table, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { mayEngineer } from "@/api/roles";
import type { Certificate, Project, Watch } from "@/api/types";
import { askAudits, certificateQuery } from "@/certificates/api";
import { evidenceText, nearness } from "@/certificates/evidence";
import { rich } from "@/language/rich";
import { plural, t } from "@/language/translate";
import { ClassTag } from "@/ui/class-tag";
import { fieldError } from "@/ui/errors";
import { count } from "@/ui/format";
import { TextLink } from "@/ui/link";
import { Panel } from "@/ui/panel";
import { FormError } from "@/ui/states";

/** What blind audits after release have shown, against the alarm that would revoke the certificate. */
export function MonitorPanel({ project, certificate }: { project: Project; certificate: Certificate }) {
  const { monitor } = certificate;
  const isValid = certificate.revoked_at === null;
  const mayAsk = isValid && mayEngineer(project);
  // How many were asked is told to nobody who may be asked.
  const nWaiting = monitor ? (monitor.n_asked ?? monitor.n_answered) - monitor.n_answered : 0;
  const settings = (
    <TextLink size="sm" to={`/projects/${project.id}/settings`}>
      {t("settings")}
    </TextLink>
  );
  return (
    <Panel
      title={t("Since it was issued")}
      note={t("Certified machine labels are asked again, blind, a few a week. The evidence that more are wrong than promised is valid at every look; where it reaches the alarm, the labels concerned are retired and the certificate is revoked by itself.")}
    >
      <Stack>
        <Text size="sm">
          {monitor && monitor.n_answered > 0
            ? plural(monitor.n_answered, "{n} audit counted, {wrong} wrong.", "{n} audits counted, {wrong} wrong.", {
                n: count(monitor.n_answered),
                wrong: count(monitor.n_wrong),
              })
            : t("No audit is counted yet.")}
          {isValid &&
            nWaiting > 0 &&
            ` ${t("{n} wait for an answer; they count in the order of the draw, up to the first that waits.", { n: count(nWaiting) })}`}
        </Text>
        {monitor && monitor.watches.length > 0 && (
          <>
            <Watches project={project} watches={monitor.watches} />
            <Text size="sm" c="dimmed">
              {t("Bars grow with the logarithm of the evidence; a full one is the alarm.")}
            </Text>
          </>
        )}
        {isValid ? (
          <Text size="sm" c="dimmed">
            {certificate.monitor_per_week > 0
              ? rich("{audits} a week, by the project's {settings}.", {
                  audits: plural(certificate.monitor_per_week, "{n} audit", "{n} audits", { n: count(certificate.monitor_per_week) }),
                  settings,
                })
              : rich("None are asked by themselves, by the project's {settings}.", { settings })}
          </Text>
        ) : (
          <Text size="sm" c="dimmed">
            {t("Monitoring ended when the certificate was revoked.")}
          </Text>
        )}
        {mayAsk && <AskAudits certificate={certificate} />}
      </Stack>
    </Panel>
  );
}

function Watches({ project, watches }: { project: Project; watches: readonly Watch[] }) {
  return (
    <Table.ScrollContainer minWidth={560}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("Labels")}</Table.Th>
            <Table.Th>{t("Audits")}</Table.Th>
            <Table.Th>{t("Wrong")}</Table.Th>
            <Table.Th>{t("May be wrong")}</Table.Th>
            <Table.Th w="35%">{t("Evidence of more")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {watches.map((watch) => (
            <WatchRow key={watch.class_id ?? "all"} watch={watch} project={project} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function WatchRow({ watch, project }: { watch: Watch; project: Project }) {
  const label = project.classes.find((one) => one.id === watch.class_id);
  const name = watch.class_id === null ? t("All") : (label?.name ?? t("A class that is gone"));
  const text = watch.is_alarm ? t("alarm") : t("{n} of {total}", { n: evidenceText(watch.evidence), total: evidenceText(watch.alarm_at) });
  return (
    <Table.Tr>
      <Table.Td>{label ? <ClassTag name={label.name} colour={label.colour} /> : name}</Table.Td>
      <Table.Td>{count(watch.n)}</Table.Td>
      <Table.Td>{count(watch.n_wrong)}</Table.Td>
      <Table.Td>
        {t("{n} of {total}", { n: count(watch.allowed), total: count(watch.population) })}
      </Table.Td>
      <Table.Td>
        <Text size="sm" c={watch.is_alarm ? "red" : undefined} fw={watch.is_alarm ? 600 : undefined}>
          {text}
        </Text>
        <Progress value={100 * nearness(watch)} color={watch.is_alarm ? "red" : "orange"} aria-label={t("Evidence, {name}: {evidence}", { name, evidence: text })} />
      </Table.Td>
    </Table.Tr>
  );
}

function AskAudits({ certificate }: { certificate: Certificate }) {
  const client = useQueryClient();
  const [n, setN] = useState(50);
  const ask = useMutation({
    mutationFn: () => askAudits(certificate.id, n),
    onSettled: () => client.invalidateQueries({ queryKey: certificateQuery(certificate.id).queryKey, exact: true }),
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        ask.mutate();
      }}
    >
      <Stack gap="xs">
        <Group align="flex-end">
          <NumberInput
            label={t("More audits now")}
            w={160}
            min={1}
            allowDecimal={false}
            clampBehavior="none"
            value={n}
            error={fieldError(ask.error, "n")}
            onChange={(value) => setN(Number(value))}
          />
          <Button type="submit" variant="default" loading={ask.isPending}>
            {t("Ask for more audits")}
          </Button>
        </Group>
        <FormError error={ask.error} shownBeside={["n"]} />
        {ask.data && (
          <Text size="sm" role="status">
            {ask.data.n_asked > 0
              ? plural(ask.data.n_asked, "{n} audit more wait in the queue, blind.", "{n} audits more wait in the queue, blind.", { n: count(ask.data.n_asked) })
              : t("Every certified machine label has been asked already.")}
          </Text>
        )}
      </Stack>
    </form>
  );
}
