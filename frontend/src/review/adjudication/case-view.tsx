import { Badge, Group, Stack, Text, VisuallyHidden } from "@mantine/core";
import { useEffect, useRef } from "react";

import type { Adjudication, Project } from "@/api/types";
import { ActionButton } from "@/keys/action-button";
import type { Action } from "@/keys/registry";
import { ItemView } from "@/labeling/item-view";
import type { StageControl } from "@/labeling/stage-control";
import { t } from "@/language/translate";
import styles from "@/review/adjudication/adjudication.module.css";
import { modelName, spoken, statementsOf, type Case, type Statement } from "@/review/adjudication/cases";
import { LabelBar } from "@/review/label-bar";
import { ClassTag } from "@/ui/class-tag";
import { when } from "@/ui/format";
import { TextLink } from "@/ui/link";

interface Props {
  project: Project;
  one: Case;
  opinions: Adjudication | undefined;
  actions: readonly Action[];
  control: StageControl;
  notice: React.ReactNode;
}

/** One item, who said what of it, and the verdict. */
export function CaseView({ project, one, opinions, actions, control, notice }: Props) {
  const { classes } = project;
  const statements = statementsOf(one, { model: modelName(one.disagreement?.model.basis, opinions) });
  const frame = useRef<HTMLElement>(null);
  // The keys are the page's; the focus says what they act on, and lies on no link that Enter would follow.
  useEffect(() => frame.current?.focus({ preventScroll: true }), []);
  return (
    <section className={styles.case} ref={frame} tabIndex={-1} aria-label={t("The item to decide")}>
      <VisuallyHidden aria-live="polite">
        {t("{key}: {message}", { key: one.item.key, message: spoken(statements, classes) })}
      </VisuallyHidden>
      <div className={styles.stage}>
        <ItemView key={one.item.id} item={one.item} control={control} />
      </div>
      <div className={styles.said} tabIndex={0} role="region" aria-label={t("Who said what")}>
        <Stack gap="xs">
          <Group gap="xs" justify="space-between" wrap="nowrap">
            <TextLink size="sm" to={`/projects/${project.id}/items/${one.item.id}`} data-testid="item-key" dir="auto" truncate>
              {one.item.key}
            </TextLink>
            <Badge variant="light" color={one.disagreement ? "violet" : one.dispute?.is_disputed ? "orange" : "red"} style={{ flexShrink: 0 }}>
              {one.disagreement ? t("against the model") : one.dispute?.is_disputed ? t("disputed") : t("flagged")}
            </Badge>
          </Group>
          <ul className={styles.statements}>
            {statements.map((said, place) => (
              <Line key={place} said={said} classes={classes} />
            ))}
          </ul>
          {one.dispute?.is_blind && (
            <Text size="xs" c="dimmed">
              {t("People were asked without the model's guess, and so are you.")}
            </Text>
          )}
        </Stack>
      </div>
      <div className={styles.verdict}>
        <LabelBar classes={classes} actions={actions} suggestion={null} />
        <div className={styles.foot}>
          <Group gap="xs">
            {["keep", "model", "later", "undo", "search", "help"].map((id) => (
              <ActionButton key={id} actions={actions} id={id} />
            ))}
          </Group>
          {notice}
        </div>
      </div>
    </section>
  );
}

function Line({ said, classes }: { said: Statement; classes: Project["classes"] }) {
  const one = classes.find((each) => each.id === said.classId);
  return (
    <li className={styles.statement} data-model={said.isModel || undefined}>
      <Group gap="xs" justify="space-between">
        {said.classId === null ? (
          <Text size="sm">{t("wants a second look")}</Text>
        ) : (
          <ClassTag name={one?.name ?? t("class {id}", { id: said.classId })} colour={one?.colour ?? "#888888"} />
        )}
        {said.stands && (
          <Badge size="sm" variant="outline" color="gray" tt="none">
            {t("stands now")}
          </Badge>
        )}
      </Group>
      <Text size="xs" c="dimmed">
        {[said.who, said.at && when(said.at), said.isModel && said.note].filter(Boolean).join(", ")}
      </Text>
      {!said.isModel && said.note && <Text size="sm">{t("“{note}”", { note: said.note })}</Text>}
    </li>
  );
}
