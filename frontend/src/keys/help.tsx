import { Button, Group, Kbd, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";

import { keyProblem, useChooseKeys } from "@/keys/my-keys";
import { keyLabel, keyOf, type Action } from "@/keys/registry";
import { t } from "@/language/translate";
import { FormError } from "@/ui/states";

/** The keys of this page, printed from the actions themselves, each to be changed. */
export function KeyHelp({ actions, isOpen, onClose }: { actions: readonly Action[]; isOpen: boolean; onClose: () => void }) {
  const { chosen, save } = useChooseKeys();
  const [changing, setChanging] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const groups = new Map<string, Action[]>();
  for (const action of actions) groups.set(action.group, [...(groups.get(action.group) ?? []), action]);

  function stop() {
    const id = changing;
    setChanging(undefined);
    setProblem(undefined);
    // Back to where the person was, after the field is gone.
    if (id !== undefined) requestAnimationFrame(() => document.getElementById(changeId(id))?.focus());
  }

  function onKeyDown(event: React.KeyboardEvent, action: Action) {
    if (event.key === "Tab") return stop();
    event.preventDefault();
    if (event.key === "Escape") return stop();
    if (event.repeat || ["Shift", "Control", "Alt", "AltGraph", "Meta"].includes(event.key)) return;
    const key = keyOf(event.nativeEvent);
    const found = keyProblem(actions, action.id, key);
    setProblem(found);
    if (found !== undefined) return;
    save.mutate({ ...chosen, [action.id]: [key] });
    stop();
  }

  return (
    <Modal opened={isOpen} onClose={onClose} title={t("Keys")} size="md" closeOnEscape={changing === undefined}>
      <Stack gap="md">
        {[...groups].map(([group, members]) => (
          <section key={group} aria-label={group}>
            <Text size="xs" c="dimmed" tt="uppercase" fw={600} mb={4}>
              {group}
            </Text>
            <Stack gap={4}>
              {members.map((action) => (
                <Stack key={action.id} gap={2}>
                  <Group justify="space-between" wrap="nowrap">
                    <Text size="sm" dir="auto" c={(action.isEnabled?.() ?? true) ? undefined : "dimmed"} style={{ overflowWrap: "anywhere" }}>
                      {action.title}
                    </Text>
                    <Group gap={4} wrap="nowrap" style={{ flexShrink: 0, whiteSpace: "nowrap" }}>
                      {action.keys.map((key) => (
                        <Kbd key={key}>{keyLabel(key)}</Kbd>
                      ))}
                      <Button
                        id={changeId(action.id)}
                        size="compact-xs"
                        variant="default"
                        aria-label={t("Change the key of {action}", { action: action.title })}
                        onClick={() => {
                          setProblem(undefined);
                          setChanging(action.id);
                        }}
                      >
                        {t("Change")}
                      </Button>
                    </Group>
                  </Group>
                  {changing === action.id && (
                    <TextInput
                      autoFocus
                      readOnly
                      size="xs"
                      aria-label={t("Press the new key of {action}; Escape leaves it as it is", { action: action.title })}
                      value={t("Press the new key (Esc: leave it as it is)")}
                      error={problem && <span role="alert">{problem}</span>}
                      onKeyDown={(event) => onKeyDown(event, action)}
                      onBlur={() => setChanging((now) => (now === action.id ? undefined : now))}
                    />
                  )}
                </Stack>
              ))}
            </Stack>
          </section>
        ))}
        <FormError error={save.error} />
        <Group justify="space-between">
          <Text size="xs" c="dimmed" style={{ flex: 1 }}>
            {t("Keys rest while you type in a field and while a dialog is open. Your keys are kept with your account.")}
          </Text>
          <Button size="compact-sm" variant="default" disabled={Object.keys(chosen).length === 0} loading={save.isPending} onClick={() => save.mutate({})}>
            {t("Reset all keys")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

const changeId = (id: string) => `change-key-${id}`;
