import { Alert, Badge, Button, Group, Modal, Stack, Text, UnstyledButton } from "@mantine/core";
import { useState } from "react";

import type { Operation } from "@/review/outbox-store";
import { useOutbox, useOutboxState } from "@/review/outbox-context";
import { counted, when } from "@/ui/format";
import { TextLink } from "@/ui/link";

/** Always in sight: how many answers the server does not have yet; opens to the list of them. */
export function OutboxPanel() {
  const outbox = useOutbox();
  const [isOpen, setIsOpen] = useState(false);
  const { waiting, refused, isSending, trouble, isUnsafe } = useOutboxState();
  const isQuiet = waiting.length === 0 && refused.length === 0;
  const label = isQuiet ? "All stored" : `${waiting.length} waiting${refused.length > 0 ? `, ${refused.length} refused` : ""}`;
  const colour = refused.length > 0 ? "red" : trouble && waiting.length > 0 ? "orange" : isQuiet ? "teal" : "blue";

  return (
    <>
      <UnstyledButton
        aria-label={`Answers not stored yet: ${label}`}
        onMouseDown={(event) => event.preventDefault()}
        onClick={() => setIsOpen(true)}
      >
        <Badge color={colour} variant="light" size="lg" tt="none" style={{ cursor: "pointer" }} data-testid="outbox">
          {label}
        </Badge>
      </UnstyledButton>
      <Modal opened={isOpen} onClose={() => setIsOpen(false)} title="Answers on their way">
        <Stack gap="sm">
          <Text size="sm">
            {isQuiet
              ? "Every answer that you gave is stored on the server."
              : "These answers are kept in this browser until the server has them. You may reload or close the page."}
          </Text>
          {isUnsafe && (
            <Alert color="red" py="xs">
              This browser cannot keep answers (private window or full disk). Do not close the page while answers wait.
            </Alert>
          )}
          {trouble && waiting.length > 0 && (
            <Alert color="orange" py="xs">
              {trouble.isSignedOut ? "Your session has ended. Sign in again: the answers are then sent." : trouble.message}
            </Alert>
          )}
          {waiting.length > 0 && (
            <Group justify="space-between">
              <Text size="sm">{counted(waiting.length, "answer")} waiting</Text>
              <Button size="compact-sm" variant="default" loading={isSending} onClick={outbox.flush}>
                Send now
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
    </>
  );
}

function Refused({ operation }: { operation: Operation }) {
  const outbox = useOutbox();
  return (
    <Alert color="red" py="xs" title={`${operation.kind === "undo" ? "Undo of " : ""}${operation.entry.item.key}`}>
      <Stack gap={6}>
        <Text size="sm">{operation.refusal?.message}</Text>
        <Text size="xs" c="dimmed">
          {when(operation.made_at)} ·{" "}
          <TextLink size="xs" to={`/projects/${operation.project_id}/items/${operation.entry.item.id}`}>
            open the item
          </TextLink>
        </Text>
        <Group gap="xs">
          <Button size="compact-xs" variant="default" onClick={() => outbox.retry(operation.id)}>
            Try again
          </Button>
          <Button size="compact-xs" variant="subtle" color="red" onClick={() => outbox.discard(operation.id)}>
            Throw away
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}
