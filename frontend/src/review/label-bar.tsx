import { Kbd, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { memo } from "react";

import type { Entry, LabelClass } from "@/api/types";
import { keyLabel, type Action } from "@/keys/registry";
import { t } from "@/language/translate";
import { classActionId } from "@/review/actions";
import styles from "@/review/review.module.css";
import { percent } from "@/ui/format";
import { onGround } from "@/ui/theme";

const MANY = 20; // from here on the buttons are small and scroll: a class is found by typing, and the item keeps the screen

/** The classes as buttons, each with its key; the model's guess is marked. */
export function LabelBar({
  classes,
  actions,
  suggestion,
}: {
  classes: readonly LabelClass[];
  actions: readonly Action[];
  suggestion: Entry["suggestion"];
}) {
  const byId = new Map(actions.map((action) => [action.id, action]));
  return (
    <div className={styles.labels} data-many={classes.length > MANY || undefined} role="group" aria-label={t("Classes")}>
      {classes.map((one) => {
        const action = byId.get(classActionId(one.id));
        return (
          <LabelButton
            key={one.id}
            labelClass={one}
            action={action}
            isEnabled={action?.isEnabled?.() ?? false}
            confidence={suggestion?.class_id === one.id ? suggestion.confidence : undefined}
          />
        );
      })}
    </div>
  );
}

interface LabelButtonProps {
  labelClass: LabelClass;
  action: Action | undefined;
  isEnabled: boolean;
  /** Of the model, where it suggests this class. */
  confidence: number | undefined;
}

/** From one item to the next only the buttons of two suggested classes change. */
const LabelButton = memo(function LabelButton({ labelClass, action, isEnabled, confidence }: LabelButtonProps) {
  const [key] = action?.keys ?? [];
  return (
    <UnstyledButton
      className={styles.label}
      data-suggested={confidence !== undefined || undefined}
      style={{ "--class-colour": onGround(labelClass.colour) } as React.CSSProperties}
      disabled={!isEnabled}
      // A click must not take the focus: Space would then press this button again.
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => action?.perform()}
      aria-keyshortcuts={key}
    >
      {key !== undefined && (
        <Kbd size="xs" aria-hidden>
          {keyLabel(key)}
        </Kbd>
      )}
      <span className={styles.labelName} dir="auto">
        {labelClass.name}
      </span>
      {confidence !== undefined && (
        <>
          <VisuallyHidden>{t(", suggested")}</VisuallyHidden>
          <span className={styles.guess} aria-hidden>
            {percent(confidence, 0)}
          </span>
        </>
      )}
    </UnstyledButton>
  );
});
