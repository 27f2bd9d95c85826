import { Group, Stack, Text, UnstyledButton } from "@mantine/core";
import { useRef, useState, type DragEvent } from "react";

import styles from "@/ui/drop-zone.module.css";
import { UploadIcon } from "@/ui/icons";

/** A place to drop one file, or to pick it with the keyboard or the mouse. */
export function DropZone({ label, hint, onFile }: { label: string; hint: string; onFile: (file: File) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setIsOver] = useState(false);

  function onDrop(event: DragEvent) {
    event.preventDefault();
    setIsOver(false);
    const file = event.dataTransfer.files[0];
    if (file) onFile(file);
  }

  return (
    <>
      <UnstyledButton
        className={styles.zone}
        data-over={isOver || undefined}
        onClick={() => input.current?.click()}
        onDragOver={(event) => {
          event.preventDefault();
          setIsOver(true);
        }}
        onDragLeave={() => setIsOver(false)}
        onDrop={onDrop}
      >
        <Stack align="center" gap={4}>
          <Group gap="xs" wrap="nowrap">
            <UploadIcon size={22} />
            <Text fw={600}>{label}</Text>
          </Group>
          <Text size="sm" c="dimmed" ta="center">
            {hint}
          </Text>
        </Stack>
      </UnstyledButton>
      <input
        ref={input}
        type="file"
        hidden
        aria-label={label}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file) onFile(file);
          event.currentTarget.value = "";
        }}
      />
    </>
  );
}
