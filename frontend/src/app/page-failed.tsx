import { Alert, Button, Center, Stack, Text } from "@mantine/core";
import { useRouteError } from "react-router";

import { t } from "@/language/translate";

/** What shows when a page itself fails, or its code cannot be fetched (after an upgrade, or offline). */
export function PageFailed() {
  const error = useRouteError();
  return (
    <Center h="100dvh" p="md">
      <Alert color="red" title={t("This page failed")} role="alert" maw={520}>
        <Stack align="flex-start">
          <Text size="sm">
            {t("{why} Answers that you gave are kept in this browser.", { why: error instanceof Error ? error.message : t("The page could not be shown.") })}
          </Text>
          <Button size="xs" onClick={() => window.location.reload()}>
            {t("Reload")}
          </Button>
        </Stack>
      </Alert>
    </Center>
  );
}
