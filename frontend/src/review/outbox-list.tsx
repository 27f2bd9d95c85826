import { Alert, Button, Group, Modal, Stack, Text } from "@mantine/core";

import { plural, t } from "@/language/translate";
import type { Operation } from "@/review/outbox-store";
import { useOutbox, useOutboxState } from "@/review/outbox-context";
import { count, when } from "@/ui/format";
import { TextLink } from "@/ui/link";

/** The answers that the server does not have yet, and those that it refused, each to be tried again or thrown away. */
export function OutboxList({ onClose }: { onClose: () => void }) {
  const outbox = useOutbox();
  const { waiting, refused, isSending, trouble, isUnsafe } = useOutboxState();
  const isQuiet = waiting.length === 0 && refused.length === 0;
  return (
    <Modal opened onClose={onClose} title={t("Answers on their way")}>
      <Stack gap="sm">
        <Text size="sm">
          {isQuiet
            ? t("Every answer that you gave is stored on the server.")
            : t("These answers are kept in this browser until the server has them. You may reload or close the page.")}
        </Text>
        {isUnsafe && (
          <Alert color="red" py="xs">
            {t("This browser cannot keep answers (private window or full disk). Do not close the page while answers wait.")}
          </Alert>
        )}
        {trouble && waiting.length > 0 && (
          <Alert color="orange" py="xs">
            {trouble.isSignedOut ? t("Your session has ended. Sign in again: the answers are then sent.") : trouble.message}
          </Alert>
        )}
        {waiting.length > 0 && (
          <Group justify="space-between">
            <Text size="sm">{plural(waiting.length, "{n} answer waiting", "{n} answers waiting", { n: count(waiting.length) })}</Text>
            <Button size="compact-sm" variant="default" loading={isSending} onClick={outbox.flush}>
              {t("Send now")}
            </Button>
          </Group>
        )}
        {refused.length > 0 && (
          <Stack gap="xs">
            {refused.map((one) => (
              <Refused key={one.id} operation={one} />
            ))}
          </Stack>
        )}
      </Stack>
    </Modal>
  );
}

function Refused({ operation }: { operation: Operation }) {
  const outbox = useOutbox();
  return (
    <Alert color="red" py="xs" title={operation.kind === "undo" ? t("Undo of {key}", { key: operation.entry.item.key }) : operation.entry.item.key}>
      <Stack gap={6}>
        <Text size="sm">{operation.refusal?.message}</Text>
        <Text size="xs" c="dimmed">
          {when(operation.made_at)} ·{" "}
          <TextLink size="xs" to={`/projects/${operation.project_id}/items/${operation.entry.item.id}`}>
            {t("open the item")}
          </TextLink>
        </Text>
        <Group gap="xs">
          <Button size="compact-xs" variant="default" onClick={() => outbox.retry(operation.id)}>
            {t("Try again")}
          </Button>
          <Button size="compact-xs" variant="subtle" color="red" onClick={() => outbox.discard(operation.id)}>
            {t("Throw away")}
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}
