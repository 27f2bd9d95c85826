import { Text } from "@mantine/core";

import type { Diff } from "@/api/types";
import { count } from "@/ui/format";

const PARTS = ["kept", "changed", "dropped", "new"] as const;

/** What a set of machine labels changed against the one before it. */
export function DiffText({ diff }: { diff: Diff }) {
  const parts = PARTS.filter((name) => diff[name] !== undefined);
  if (parts.length === 0) return null;
  return (
    <Text size="sm" c="dimmed">
      Against the set before: {parts.map((name) => `${count(diff[name] ?? 0)} ${name}`).join(", ")}
    </Text>
  );
}
