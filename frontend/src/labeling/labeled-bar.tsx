import { Group, Progress as Bar, Stack, Text } from "@mantine/core";

import type { Progress } from "@/api/types";
import { count, counted, percent } from "@/ui/format";

const PARTS = [
  { field: "n_human", name: "people", colour: "teal.7" },
  { field: "n_machine", name: "the model", colour: "violet.5" },
  { field: "n_unlabeled", name: "nobody yet", colour: "gray.5" },
] as const;

/** Labeled by whom: people, the model, nobody. */
export function LabeledBar({ progress, size = "md" }: { progress: Progress; size?: "md" | "xl" }) {
  const { n_items } = progress;
  if (n_items === 0) {
    return (
      <Text size="sm" c="dimmed">
        No items yet
      </Text>
    );
  }
  return (
    <Stack gap={6}>
      <Bar.Root size={size} aria-label="Labeled by whom">
        {PARTS.map((part) => (
          <Bar.Section
            key={part.field}
            value={(progress[part.field] / n_items) * 100}
            color={part.colour}
            aria-label={`By ${part.name}: ${count(progress[part.field])}`}
          />
        ))}
      </Bar.Root>
      <Group gap="md">
        <Text size="sm" fw={600}>
          {counted(n_items, "item")}
        </Text>
        {PARTS.map((part) => (
          <Group key={part.field} gap={6}>
            <Text component="span" c={part.colour} aria-hidden>
              ■
            </Text>
            <Text size="sm" component="span">
              {part.name}: {count(progress[part.field])} ({percent(progress[part.field] / n_items)})
            </Text>
          </Group>
        ))}
      </Group>
    </Stack>
  );
}
