import { Button, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import type { Item } from "@/api/types";
import { t } from "@/language/translate";
import { flagItem } from "@/review/api";
import { fieldError } from "@/ui/errors";
import { FormError } from "@/ui/states";

/** Sends an item to a reviewer with a note. The note stays in the form until the server has it. */
export function FlagDialog({ item, onFlagged, onClose }: { item: Item; onFlagged: () => void; onClose: () => void }) {
  const [note, setNote] = useState("");
  const flag = useMutation({ mutationFn: () => flagItem(item.id, note), onSuccess: onFlagged });

  return (
    <Modal opened onClose={onClose} title={t("Flag {key}", { key: item.key })} transitionProps={{ duration: 0 }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          flag.mutate();
        }}
      >
        <Stack>
          <Text size="sm">{t("A reviewer will look at it first. You go on with the next item.")}</Text>
          <Textarea
            data-autofocus
            dir="auto"
            label={t("What is the matter?")}
            placeholder={t("Two digits in one image")}
            autosize
            minRows={2}
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
            error={fieldError(flag.error, "note")}
            onKeyDown={(event) => {
              if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) flag.mutate();
            }}
          />
          <FormError error={flag.error} shownBeside={["note"]} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("Keep it in hand")}
            </Button>
            <Button type="submit" color="red" loading={flag.isPending}>
              {t("Flag and go on")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
