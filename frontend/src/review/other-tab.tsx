import { Button, Center, Text } from "@mantine/core";

import { t } from "@/language/translate";
import { Empty } from "@/ui/states";

/** Instead of a sitting that another tab of this person has. */
export function OtherTab({ title, onTakeOver }: { title: string; onTakeOver: () => void }) {
  return (
    <Center h="100dvh">
      <Empty title={title}>
        <Text c="dimmed">{t("Items are held for you, not for a tab: two tabs would show the same ones.")}</Text>
        <Button onClick={onTakeOver}>{t("Go on in this tab")}</Button>
      </Empty>
    </Center>
  );
}
