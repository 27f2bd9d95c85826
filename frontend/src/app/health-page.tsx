import { Badge, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { healthQuery } from "@/app/health";
import { when } from "@/ui/format";
import { Page } from "@/ui/page";
import { Ready } from "@/ui/query";

export default function HealthPage() {
  const health = useQuery(healthQuery);
  return (
    <Page title="Health of the parts" size="md">
      <Ready query={health} what="the parts">
        {(data) => (
          <Table.ScrollContainer minWidth={520}>
            <Table verticalSpacing="sm">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Part</Table.Th>
                  <Table.Th>State</Table.Th>
                  <Table.Th>Since</Table.Th>
                  <Table.Th>What to know</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {(data.parts ?? []).map((part) => (
                  <Table.Tr key={part.name}>
                    <Table.Td fw={600}>{part.name}</Table.Td>
                    <Table.Td>
                      <Badge color={part.state === "up" ? "teal" : "red"} variant="light">
                        {part.state}
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
