import { ActionIcon, useMantineColorScheme } from "@mantine/core";

import { MoonIcon, ScreenIcon, SunIcon } from "@/ui/icons";

const NEXT = { auto: "light", light: "dark", dark: "auto" } as const;
const NAMES = { auto: "as the system", light: "light", dark: "dark" } as const;

export function ColourSchemeToggle() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const label = `Colours: ${NAMES[colorScheme]}. Change to ${NAMES[NEXT[colorScheme]]}`;
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      title={label}
      aria-label={label}
      onClick={() => setColorScheme(NEXT[colorScheme])}
    >
      {colorScheme === "auto" ? <ScreenIcon /> : colorScheme === "light" ? <SunIcon /> : <MoonIcon />}
    </ActionIcon>
  );
}
