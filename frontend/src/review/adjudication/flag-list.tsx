import { Button, Table, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import type { Flag, Project } from "@/api/types";
import { t, tc } from "@/language/translate";
import { flagsQuery, resolveFlag } from "@/review/api";
import { when } from "@/ui/format";
import { TextLink } from "@/ui/link";
import { Panel } from "@/ui/panel";
import { Ready } from "@/ui/query";
import { FormError } from "@/ui/states";

/** Every flag, settled ones included, the newest first. */
export function FlagList({ project, maySettle }: { project: Project; maySettle: boolean }) {
  const flags = useQuery(flagsQuery(project.id));
  return (
    <Panel title={t("Flags")} note={t("A flagged item waits for a reviewer; the verdict on it settles its flags")}>
      <Ready query={flags} what={t("the flags")}>
        {({ results }) =>
          results.length === 0 ? (
            <Text size="sm" c="dimmed">
              {t("Nobody has flagged anything. On the review page F flags the item on screen.")}
            </Text>
          ) : (
            <Table.ScrollContainer minWidth={560}>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t("Item")}</Table.Th>
                    <Table.Th>{t("Note")}</Table.Th>
                    <Table.Th>{t("By")}</Table.Th>
                    <Table.Th>{t("State")}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {results.map((flag) => (
                    <FlagRow key={flag.id} project={project} flag={flag} maySettle={maySettle} />
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )
        }
      </Ready>
    </Panel>
  );
}

function FlagRow({ project, flag, maySettle }: { project: Project; flag: Flag; maySettle: boolean }) {
  const client = useQueryClient();
  const resolve = useMutation({
    mutationFn: () => resolveFlag(flag.id),
    onSuccess: () => client.invalidateQueries({ queryKey: ["projects", project.id] }),
  });
  return (
    <Table.Tr>
      <Table.Td>
        <TextLink size="sm" to={`/projects/${project.id}/items/${flag.item_id}`} dir="auto">
          {flag.item_key}
        </TextLink>
      </Table.Td>
      <Table.Td dir="auto">{flag.note || t("no note")}</Table.Td>
      <Table.Td>
        {t("{person}, {time}", { person: flag.person, time: when(flag.created_at) })}
      </Table.Td>
      <Table.Td>
        {flag.resolved_at ? (
          <Text size="sm" c="dimmed">
            {t("settled {time}", { time: when(flag.resolved_at) })}
          </Text>
        ) : maySettle ? (
          <Button size="compact-xs" variant="default" loading={resolve.isPending} onClick={() => resolve.mutate()}>
            {t("Settle")}
          </Button>
        ) : (
          tc("state of a flag", "open")
        )}
        <FormError error={resolve.error} />
      </Table.Td>
    </Table.Tr>
  );
}
