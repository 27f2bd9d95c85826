/** The three states of a page that is not ready: loading, failed, empty. */

import { Alert, Button, Center, Loader, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

import { t } from "@/language/translate";
import { formError } from "@/ui/errors";

export function Loading({ what }: { what: string }) {
  return (
    <Center mih={160} role="status" aria-label={t("Loading {what}", { what })}>
      <Stack align="center" gap="xs">
        <Loader size="sm" />
        <Text size="sm" c="dimmed">
          {t("Loading {what}…", { what })}
        </Text>
      </Stack>
    </Center>
  );
}

export function Failed({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  return (
    <Alert color="red" title={t("This could not be loaded")} role="alert" my="md">
      <Stack align="flex-start" gap="sm">
        <Text size="sm">{formError(error)}</Text>
        {onRetry && (
          <Button size="xs" variant="default" onClick={onRetry}>
            {t("Try again")}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <Center mih={200} p="lg">
      <Stack align="center" gap="sm" maw={520} ta="center">
        <Title order={2} size="h4">
          {title}
        </Title>
        {children}
      </Stack>
    </Center>
  );
}

export function FormError({ error, shownBeside = [] }: { error: unknown; shownBeside?: readonly string[] }) {
  const text = formError(error, shownBeside);
  return text === undefined ? null : (
    <Alert color="red" role="alert" py="xs">
      {text}
    </Alert>
  );
}
