import { Button, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";

import type { Item } from "@/api/types";
import { msg, t, type Message } from "@/language/translate";
import { flagItem } from "@/review/api";
import { fieldError } from "@/ui/errors";
import { FormError } from "@/ui/states";

/** Such as somebody may write of an item of each type. */
const EXAMPLES = {
  image: msg("Too dark to tell"),
  text: msg("Half of it is in another language"),
  table: msg("Two of its values cannot both be right"),
  series: msg("The sensor was off for half of it"),
};

function exampleFor(item: Item): Message {
  if (item.image) return EXAMPLES.image;
  if (item.text !== null) return EXAMPLES.text;
  return Array.isArray(item.features) ? EXAMPLES.series : EXAMPLES.table;
}

interface Props {
  item: Item;
  /** What is asked blind is answered before anybody looks at its flag. */
  isBlind: boolean;
  note: string;
  onNote: (note: string) => void;
  onFlagged: () => void;
  onClose: () => void;
}

/** Sends an item to a reviewer with a note. The note stays in the form until the server has it. */
export function FlagDialog({ item, isBlind, note, onNote, onFlagged, onClose }: Props) {
  const flag = useMutation({ mutationFn: () => flagItem(item.id, note), onSuccess: onFlagged });
  const send = () => {
    if (!flag.isPending) flag.mutate();
  };

  return (
    <Modal opened onClose={onClose} title={t("Flag this item")} transitionProps={{ duration: 0 }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <Stack>
          <Text size="sm">
            {isBlind
              ? t("It is asked blind: once it has been answered, a reviewer will look at it. You go on with the next item.")
              : t("A reviewer will look at it first. You go on with the next item.")}
          </Text>
          <Textarea
            data-autofocus
            dir="auto"
            label={t("What is the matter?")}
            description={t("Enter sends it, Shift and Enter begin a new line.")}
            placeholder={t(exampleFor(item))}
            autosize
            minRows={2}
            value={note}
            // What was typed before the field was there stands in it: one goes on behind it.
            onFocus={({ currentTarget: field }) => field.setSelectionRange(field.value.length, field.value.length)}
            onChange={(event) => onNote(event.currentTarget.value)}
            error={fieldError(flag.error, "note")}
            onKeyDown={(event) => {
              // Enter that ends a word of an input method is no Enter of ours.
              if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
              event.preventDefault();
              send();
            }}
          />
          <FormError error={flag.error} shownBeside={["note"]} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("Do not flag it")}
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
