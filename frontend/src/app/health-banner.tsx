import { Alert, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { healthQuery } from "@/app/health";
import { plural, t } from "@/language/translate";
import { TextLink } from "@/ui/link";

/** Says which part is down and how to start it: a missing worker is visible, not a spinner that never ends. */
export function HealthBanner() {
  const health = useQuery(healthQuery);
  if (health.isError) {
    return (
      <Alert color="orange" radius={0} role="alert" title={t("The server does not answer")}>
        {t("What you see may be old. Answers are kept in this browser until the server is back.")}
      </Alert>
    );
  }
  const down = health.data?.parts?.filter((part) => part.state === "down") ?? [];
  if (down.length === 0) return null;
  return (
    <Alert color="orange" radius={0} role="alert" title={plural(down.length, "A part is down", "{n} parts are down", { n: down.length })}>
      <Stack gap={2}>
        {down.map((part) => (
          <Text size="sm" key={part.name}>
            <b>{part.name}</b>: {part.message} {part.how_to_fix}
          </Text>
        ))}
        <TextLink to="/parts" size="sm">
          {t("All parts")}
        </TextLink>
      </Stack>
    </Alert>
  );
}
