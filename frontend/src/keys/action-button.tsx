import { Button, Kbd, VisuallyHidden } from "@mantine/core";
import { memo } from "react";

import { keyLabel, type Action } from "@/keys/registry";

/** An action as a button, with its key. */
export function ActionButton({ actions, id }: { actions: readonly Action[]; id: string }) {
  const action = actions.find((one) => one.id === id);
  return action ? <Face action={action} isEnabled={action.isEnabled?.() ?? true} /> : null;
}

/** The page renders with every answer, its buttons hardly ever. */
const Face = memo(function Face({ action, isEnabled }: { action: Action; isEnabled: boolean }) {
  const [key] = action.keys;
  return (
    <Button
      size="compact-sm"
      variant="default"
      disabled={!isEnabled}
      onMouseDown={(event) => event.preventDefault()}
      onClick={action.perform}
      rightSection={
        key && (
          <Kbd size="xs" aria-hidden>
            {keyLabel(key)}
          </Kbd>
        )
      }
      title={action.title}
      aria-keyshortcuts={key}
    >
      {action.short === undefined ? (
        action.title
      ) : (
        <>
          <span aria-hidden>{action.short}</span>
          <VisuallyHidden>{action.title}</VisuallyHidden>
        </>
      )}
    </Button>
  );
});
