import { Alert, Button, Center, Stack, Text } from "@mantine/core";
import { useRouteError } from "react-router";

/** What shows when a page itself fails, or its code cannot be fetched (after an upgrade, or offline). */
export function PageFailed() {
  const error = useRouteError();
  return (
    <Center h="100dvh" p="md">
      <Alert color="red" title="This page failed" role="alert" maw={520}>
        <Stack align="flex-start">
          <Text size="sm">
            {error instanceof Error ? error.message : "The page could not be shown."} Answers that you gave are kept in this browser.
          </Text>
          <Button size="xs" onClick={() => window.location.reload()}>
            Reload
          </Button>
        </Stack>
      </Alert>
    </Center>
  );
}
