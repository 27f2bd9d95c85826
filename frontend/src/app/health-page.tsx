import { Badge, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { healthQuery } from "@/app/health";
import { t, tc } from "@/language/translate";
import { when } from "@/ui/format";
import { Page } from "@/ui/page";
import { Ready } from "@/ui/query";

export default function HealthPage() {
  const health = useQuery(healthQuery);
  return (
    <Page title={t("System status")} size="md">
      <Ready query={health} what={t("the parts")}>
        {(data) => (
          <Table.ScrollContainer minWidth={520}>
            <Table verticalSpacing="sm">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t("Part")}</Table.Th>
                  <Table.Th>{t("State")}</Table.Th>
                  <Table.Th>{t("Since")}</Table.Th>
                  <Table.Th>{t("What to know")}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {(data.parts ?? []).map((part) => (
                  <Table.Tr key={part.name}>
                    <Table.Td fw={600}>{part.name}</Table.Td>
                    <Table.Td>
                      <Badge color={part.state === "up" ? "teal" : "red"} variant="light">
                        {part.state === "up" ? tc("state of a part", "up") : tc("state of a part", "down")}
                      </Badge>
                    </Table.Td>
                    <Table.Td>{when(part.since)}</Table.Td>
                    <Table.Td>
                      <Text size="sm">{part.message}</Text>
                      {part.state === "down" && <Text size="sm">{part.how_to_fix}</Text>}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
      </Ready>
    </Page>
  );
}
