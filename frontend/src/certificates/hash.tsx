import { Text } from "@mantine/core";

import styles from "@/certificates/certificates.module.css";

/** A named SHA-256, or another long word, broken where the line ends. */
export function Hash({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {name}
      </Text>
      <code className={styles.hash}>{value || "–"}</code>
    </div>
  );
}
