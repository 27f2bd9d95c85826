import { Paper, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

interface Props {
  title: string;
  note?: ReactNode;
  /** In a grid: as high as two others. */
  isTall?: boolean;
  children: ReactNode;
}

/** A titled box; `note` says in a sentence how to read what is in it. */
export function Panel({ title, note, isTall = false, children }: Props) {
  return (
    <Paper withBorder p="md" component="section" aria-label={title} style={{ minWidth: 0, gridRow: isTall ? "span 2" : undefined }}>
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
