import { Button, Group, Modal, Stack, Text, type ButtonProps } from "@mantine/core";
import { useState, type ReactNode } from "react";

import { t } from "@/language/translate";
import { FormError } from "@/ui/states";

interface Props extends ButtonProps {
  label: string;
  question: string;
  children: ReactNode;
  confirmLabel: string;
  error?: unknown;
  /** Returns when the act is done; the dialog closes only then. */
  onConfirm: () => Promise<unknown>;
}

/** A button for an act that takes thought: says what will happen and asks once. */
export function ConfirmButton({ label, question, children, confirmLabel, error, onConfirm, ...rest }: Props) {
  const [isOpen, setIsOpen] = useState(false);
  const [isBusy, setIsBusy] = useState(false);

  async function confirm() {
    setIsBusy(true);
    try {
      await onConfirm();
      setIsOpen(false);
    } catch {
      // The caller's mutation holds the error, and `error` shows it here.
    } finally {
      setIsBusy(false);
    }
  }

  return (
    <>
      <Button {...rest} onClick={() => setIsOpen(true)}>
        {label}
      </Button>
      <Modal opened={isOpen} onClose={() => setIsOpen(false)} title={question}>
        <Stack>
          <Text size="sm" component="div">
            {children}
          </Text>
          <FormError error={error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={() => setIsOpen(false)}>
              {t("Keep as it is")}
            </Button>
            <Button color={rest.color ?? "red"} loading={isBusy} onClick={() => void confirm()}>
              {confirmLabel}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
