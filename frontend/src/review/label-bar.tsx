import { Kbd, UnstyledButton, VisuallyHidden } from "@mantine/core";

import type { Entry, LabelClass } from "@/api/types";
import { keyLabel, type Action } from "@/keys/registry";
import { t } from "@/language/translate";
import { classActionId } from "@/review/actions";
import styles from "@/review/review.module.css";
import { percent } from "@/ui/format";

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
    <div className={styles.labels} role="group" aria-label={t("Classes")}>
      {classes.map((one) => {
        const action = byId.get(classActionId(one.id));
        const [key] = action?.keys ?? [];
        const isSuggested = suggestion?.class_id === one.id;
        return (
          <UnstyledButton
            key={one.id}
            className={styles.label}
            data-suggested={isSuggested || undefined}
            style={{ "--class-colour": one.colour } as React.CSSProperties}
            disabled={!(action?.isEnabled?.() ?? false)}
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
              {one.name}
            </span>
            {isSuggested && (
              <>
                <VisuallyHidden>{t(", suggested")}</VisuallyHidden>
                <span className={styles.guess} aria-hidden>
                  {percent(suggestion.confidence, 0)}
                </span>
              </>
            )}
          </UnstyledButton>
        );
      })}
    </div>
  );
}
