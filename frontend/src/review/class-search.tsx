import { Kbd, Modal, Stack, Text, TextInput, UnstyledButton } from "@mantine/core";
import { useEffect, useMemo, useRef, useState } from "react";

import type { Entry, LabelClass } from "@/api/types";
import { t } from "@/language/translate";
import { findClasses, likeliest, likeliestFirst } from "@/review/likeliest";
import styles from "@/review/review.module.css";
import { ClassTag } from "@/ui/class-tag";
import { percent } from "@/ui/format";

/** Finds a class by typing, the likeliest first where the guess is shown. Enter answers with the marked one. */
export function ClassSearch({
  classes,
  suggestion,
  text,
  onText,
  onChoose,
  onClose,
}: {
  classes: readonly LabelClass[];
  suggestion: Entry["suggestion"];
  text: string;
  onText: (text: string) => void;
  onChoose: (classId: number) => void;
  onClose: () => void;
}) {
  const [marked, setMarked] = useState(0);
  const ordered = useMemo(() => likeliestFirst(classes, suggestion), [classes, suggestion]);
  const found = useMemo(() => findClasses(ordered, text), [ordered, text]);
  const shares = new Map(likeliest(suggestion).map((one) => [one.class_id, one.confidence]));
  const list = useRef<HTMLDivElement>(null);
  const at = Math.min(marked, Math.max(0, found.length - 1));

  useEffect(() => {
    list.current?.children[at]?.scrollIntoView({ block: "nearest" });
  }, [at]);

  function onKeyDown(event: React.KeyboardEvent) {
    if (event.key === "ArrowDown") setMarked(Math.min(at + 1, found.length - 1));
    else if (event.key === "ArrowUp") setMarked(Math.max(at - 1, 0));
    else if (event.key === "Enter" && found[at]) onChoose(found[at].id);
    else return;
    event.preventDefault();
  }

  return (
    <Modal opened onClose={onClose} title={t("Find a class")} size="sm" transitionProps={{ duration: 0 }}>
      {/* The ring of what has the focus is as wide as the dialog's header lets it be. */}
      <Stack gap="xs" pt={4}>
        <TextInput
          data-autofocus
          dir="auto"
          aria-label={t("Class name")}
          placeholder={t("Begin to type its name")}
          value={text}
          onChange={(event) => {
            onText(event.currentTarget.value);
            setMarked(0);
          }}
          onKeyDown={onKeyDown}
          rightSection={<Kbd size="xs">↵</Kbd>}
        />
        {found.length === 0 && (
          <Text size="sm" c="dimmed">
            {t("No class has “{text}” in its name.", { text })}
          </Text>
        )}
        <Stack ref={list} gap={2} role="group" aria-label={t("Classes found")} mah={360} style={{ overflowY: "auto" }}>
          {found.map((one, i) => (
            <UnstyledButton key={one.id} className={styles.found} data-marked={i === at || undefined} onClick={() => onChoose(one.id)}>
              <ClassTag name={one.name} colour={one.colour} />
              {shares.has(one.id) && <span className={styles.barNumber}>{percent(shares.get(one.id), 0)}</span>}
            </UnstyledButton>
          ))}
        </Stack>
      </Stack>
    </Modal>
  );
}
