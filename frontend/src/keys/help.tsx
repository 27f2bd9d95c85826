import { Group, Kbd, Modal, Stack, Text } from "@mantine/core";

import { keyLabel, type Action } from "@/keys/registry";

/** The keys of this page, printed from the actions themselves. */
export function KeyHelp({ actions, isOpen, onClose }: { actions: readonly Action[]; isOpen: boolean; onClose: () => void }) {
  const groups = new Map<string, Action[]>();
  for (const action of actions.filter((one) => one.keys.length > 0)) {
    groups.set(action.group, [...(groups.get(action.group) ?? []), action]);
  }
  return (
    <Modal opened={isOpen} onClose={onClose} title="Keys" size="md">
      <Stack gap="md">
        {[...groups].map(([group, members]) => (
          <section key={group} aria-label={group}>
            <Text size="xs" c="dimmed" tt="uppercase" fw={600} mb={4}>
              {group}
            </Text>
            <Stack gap={4}>
              {members.map((action) => (
                <Group key={action.id} justify="space-between" wrap="nowrap">
                  <Text size="sm" c={(action.isEnabled?.() ?? true) ? undefined : "dimmed"}>
                    {action.title}
                  </Text>
                  <Group gap={4} wrap="nowrap">
                    {action.keys.map((key) => (
                      <Kbd key={key}>{keyLabel(key)}</Kbd>
                    ))}
                  </Group>
                </Group>
              ))}
            </Stack>
          </section>
        ))}
        <Text size="xs" c="dimmed">
          Keys rest while you type in a field and while a dialog is open.
        </Text>
      </Stack>
    </Modal>
  );
}
