import { Text } from "@mantine/core";

import type { Diff } from "@/api/types";
import { msg, t } from "@/language/translate";
import { count } from "@/ui/format";

const PARTS = { kept: msg("{n} kept"), changed: msg("{n} changed"), dropped: msg("{n} dropped"), new: msg("{n} new") } as const;

/** What a set of machine labels changed against the one before it. */
export function DiffText({ diff }: { diff: Diff }) {
  const parts = (["kept", "changed", "dropped", "new"] as const).filter((name) => diff[name] !== undefined);
  if (parts.length === 0) return null;
  return (
    <Text size="sm" c="dimmed">
      {t("Against the set before: {changes}", { changes: parts.map((name) => t(PARTS[name], { n: count(diff[name] ?? 0) })).join(", ") })}
    </Text>
  );
}
