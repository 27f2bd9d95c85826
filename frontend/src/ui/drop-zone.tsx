import { Anchor, Group, Stack, Text, UnstyledButton } from "@mantine/core";
import { useRef, useState, type DragEvent } from "react";

import { t } from "@/language/translate";
import styles from "@/ui/drop-zone.module.css";
import { filesOfDrop, filesOfInput, type PathFile } from "@/ui/dropped-files";
import { UploadIcon } from "@/ui/icons";

interface DropZoneProps {
  label: string;
  hint: string;
  onFiles: (files: PathFile[]) => void;
}

/** A place to drop files and folders, or to pick them with the keyboard or the mouse. */
export function DropZone({ label, hint, onFiles }: DropZoneProps) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const [isOver, setIsOver] = useState(false);

  function give(found: PathFile[]) {
    if (found.length > 0) onFiles(found);
  }

  function onDrop(event: DragEvent) {
    event.preventDefault();
    setIsOver(false);
    void filesOfDrop(event.dataTransfer).then(give);
  }

  function onPick(input: HTMLInputElement) {
    give(filesOfInput(input));
    input.value = "";
  }

  return (
    <Stack gap={4} align="center">
      <UnstyledButton
        className={styles.zone}
        data-over={isOver || undefined}
        onClick={() => files.current?.click()}
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
      <Anchor component="button" type="button" size="sm" onClick={() => folder.current?.click()}>
        {t("Choose a folder instead")}
      </Anchor>
      <input ref={files} type="file" multiple hidden aria-label={label} onChange={(event) => onPick(event.currentTarget)} />
      <input
        ref={folder}
        type="file"
        hidden
        aria-label={t("Choose a folder instead")}
        onChange={(event) => onPick(event.currentTarget)}
        {...{ webkitdirectory: "" }}
      />
    </Stack>
  );
}
