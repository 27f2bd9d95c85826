import { Kbd, Modal, Stack, Text, TextInput, UnstyledButton } from "@mantine/core";
import { useMemo, useState } from "react";

import type { LabelClass } from "@/api/types";
import styles from "@/review/review.module.css";
import { ClassTag } from "@/ui/class-tag";

/** Names that begin with the text come first, then those that hold it. */
export function findClasses(classes: readonly LabelClass[], text: string): LabelClass[] {
  const wanted = text.trim().toLowerCase();
  const rank = (one: LabelClass) => {
    const at = one.name.toLowerCase().indexOf(wanted);
    return at === 0 ? 0 : at > 0 ? 1 : 2;
  };
  return classes
    .map((one) => ({ one, rank: rank(one) }))
    .filter((found) => found.rank < 2)
    .sort((a, b) => a.rank - b.rank)
    .map((found) => found.one);
}

/** Finds a class by typing, for projects with more classes than keys. Enter answers with the marked one. */
export function ClassSearch({
  classes,
  initialText,
  onChoose,
  onClose,
}: {
  classes: readonly LabelClass[];
  initialText: string;
  onChoose: (classId: number) => void;
  onClose: () => void;
}) {
  const [text, setText] = useState(initialText);
  const [marked, setMarked] = useState(0);
  const found = useMemo(() => findClasses(classes, text), [classes, text]);
  const at = Math.min(marked, Math.max(0, found.length - 1));

  function onKeyDown(event: React.KeyboardEvent) {
    if (event.key === "ArrowDown") setMarked(Math.min(at + 1, found.length - 1));
    else if (event.key === "ArrowUp") setMarked(Math.max(at - 1, 0));
    else if (event.key === "Enter" && found[at]) onChoose(found[at].id);
    else return;
    event.preventDefault();
  }

  return (
    <Modal opened onClose={onClose} title="Find a class" size="sm" transitionProps={{ duration: 0 }}>
      <Stack gap="xs">
        <TextInput
          data-autofocus
          aria-label="Class name"
          placeholder="Begin to type its name"
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setMarked(0);
          }}
          onKeyDown={onKeyDown}
          rightSection={<Kbd size="xs">↵</Kbd>}
        />
        {found.length === 0 && (
          <Text size="sm" c="dimmed">
            No class has “{text}” in its name.
          </Text>
        )}
        <Stack gap={2} role="group" aria-label="Classes found" mah={360} style={{ overflowY: "auto" }}>
          {found.map((one, i) => (
            <UnstyledButton key={one.id} className={styles.found} data-marked={i === at || undefined} onClick={() => onChoose(one.id)}>
              <ClassTag name={one.name} colour={one.colour} />
            </UnstyledButton>
          ))}
        </Stack>
      </Stack>
    </Modal>
  );
}
