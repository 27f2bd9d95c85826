import { ActionIcon, useMantineColorScheme } from "@mantine/core";

import { msg, t } from "@/language/translate";
import { MoonIcon, ScreenIcon, SunIcon } from "@/ui/icons";

const NEXT = { auto: "light", light: "dark", dark: "auto" } as const;
const NAMES = { auto: msg("as the system"), light: msg("light"), dark: msg("dark") } as const;

export function ColourSchemeToggle() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const label = t("Colours: {now}. Change to {next}", { now: t(NAMES[colorScheme]), next: t(NAMES[NEXT[colorScheme]]) });
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
