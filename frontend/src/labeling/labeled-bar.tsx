import { Group, Progress as Bar, Stack, Text } from "@mantine/core";

import type { Progress } from "@/api/types";
import { msg, plural, t } from "@/language/translate";
import { count, percent } from "@/ui/format";

const PARTS = [
  { field: "n_human", name: msg("people"), colour: "teal.7" },
  { field: "n_machine", name: msg("the model"), colour: "violet.5" },
  { field: "n_unlabeled", name: msg("nobody yet"), colour: "gray.5" },
] as const;

/** Labeled by whom: people, the model, nobody. */
export function LabeledBar({ progress, size = "md" }: { progress: Progress; size?: "md" | "xl" }) {
  const { n_items } = progress;
  if (n_items === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t("No items yet")}
      </Text>
    );
  }
  return (
    <Stack gap={6}>
      <Bar.Root size={size} aria-label={t("Labeled by whom")}>
        {PARTS.map((part) => (
          <Bar.Section
            key={part.field}
            value={(progress[part.field] / n_items) * 100}
            color={part.colour}
            aria-label={t("By {whom}: {n}", { whom: t(part.name), n: count(progress[part.field]) })}
          />
        ))}
      </Bar.Root>
      <Group gap="md">
        <Text size="sm" fw={600}>
          {plural(n_items, "{n} item", "{n} items", { n: count(n_items) })}
        </Text>
        {PARTS.map((part) => (
          <Group key={part.field} gap={6}>
            <Text component="span" c={part.colour} aria-hidden>
              ■
            </Text>
            <Text size="sm" component="span">
              {t("{whom}: {n} ({share})", { whom: t(part.name), n: count(progress[part.field]), share: percent(progress[part.field] / n_items) })}
            </Text>
          </Group>
        ))}
      </Group>
    </Stack>
  );
}
