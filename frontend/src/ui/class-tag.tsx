import { Box, Group, Text } from "@mantine/core";
import { memo } from "react";

import { onGround } from "@/ui/theme";

/** A class's name behind its colour. */
export const ClassTag = memo(function ClassTag({ name, colour, size = "sm" }: { name: string; colour: string; size?: "xs" | "sm" | "md" }) {
  return (
    <Group gap={6} wrap="nowrap" component="span" style={{ display: "inline-flex", minWidth: 0 }}>
      <Box component="span" w={10} h={10} style={{ background: onGround(colour), borderRadius: 3, flexShrink: 0 }} aria-hidden />
      <Text component="span" size={size} dir="auto" truncate>
        {name}
      </Text>
    </Group>
  );
});
