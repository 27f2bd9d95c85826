import { Button, Group, Modal, Stack, Text, Textarea, type ButtonProps } from "@mantine/core";
import { useState, type ReactNode } from "react";

import { t } from "@/language/translate";
import { fieldError } from "@/ui/errors";
import { FormError } from "@/ui/states";

interface Props extends ButtonProps {
  label: string;
  question: string;
  children: ReactNode;
  confirmLabel: string;
  error: unknown;
  /** Returns when the act is done; the dialog closes only then. */
  onConfirm: (reason: string) => Promise<unknown>;
}

/** A button for an act that cannot be undone: says what will happen, and takes down why. */
export function ReasonButton({ label, question, children, confirmLabel, error, onConfirm, ...rest }: Props) {
  const [isOpen, setIsOpen] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const [reason, setReason] = useState("");

  async function confirm() {
    setIsBusy(true);
    try {
      await onConfirm(reason);
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
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void confirm();
          }}
        >
          <Stack>
            <Text size="sm">{children}</Text>
            <Textarea
              label={t("Reason")}
              dir="auto"
              description={t("Kept with it, for whoever reads this later")}
              autosize
              maxLength={1000}
              data-autofocus
              value={reason}
              error={fieldError(error, "reason")}
              onChange={(event) => setReason(event.currentTarget.value)}
            />
            <FormError error={error} shownBeside={["reason"]} />
            <Group justify="flex-end">
              <Button variant="default" onClick={() => setIsOpen(false)}>
                {t("Keep as it is")}
              </Button>
              <Button type="submit" color="red" loading={isBusy}>
                {confirmLabel}
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
