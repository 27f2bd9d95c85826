import { Paper, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

/** A titled box; `note` says in a sentence how to read what is in it. */
export function Panel({ title, note, children }: { title: string; note?: ReactNode; children: ReactNode }) {
  return (
    <Paper withBorder p="md" component="section" aria-label={title} style={{ minWidth: 0 }}>
      <Title order={2} size="h5" mb={note ? 2 : "xs"}>
        {title}
      </Title>
      {note && (
        <Text size="sm" c="dimmed" mb="xs">
          {note}
        </Text>
      )}
      {children}
    </Paper>
  );
}
