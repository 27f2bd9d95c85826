import { Kbd, Modal, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { mayEngineer } from "@/api/roles";
import type { Project } from "@/api/types";
import { keyLabel, type Action } from "@/keys/registry";
import { guideQuery } from "@/labeling/api";
import { t } from "@/language/translate";
import { classActionId } from "@/review/actions";
import styles from "@/review/guide-dialog.module.css";
import { SmallItem } from "@/review/small-item";
import { ClassTag } from "@/ui/class-tag";
import { Ready } from "@/ui/query";

/** How to decide: the instructions, and of each class what belongs to it, its key and its examples. */
export function GuideDialog({ project, actions, onClose }: { project: Project; actions: readonly Action[]; onClose: () => void }) {
  const guide = useQuery(guideQuery(project.id));
  const keysOf = (classId: number) => actions.find((one) => one.id === classActionId(classId))?.keys ?? [];
  const mayWrite = mayEngineer(project);
  return (
    <Modal opened onClose={onClose} title={t("Guide")} size="lg" transitionProps={{ duration: 0 }}>
      <Stack gap="md">
        {project.question && (
          <Text fw={600} dir="auto">
            {project.question}
          </Text>
        )}
        {project.instructions ? (
          <Text size="sm" className={styles.instructions} dir="auto">
            {project.instructions}
          </Text>
        ) : (
          <Text size="sm" c="dimmed">
            {mayWrite ? t("Nobody has written instructions yet. Write them in the settings of the project.") : t("Nobody has written instructions yet. Ask an owner or an engineer of the project for them.")}
          </Text>
        )}
        <Ready query={guide} what={t("the examples")}>
          {({ classes }) => (
            <ul className={styles.classes}>
              {project.classes.map((one) => {
                const examples = classes.find((each) => each.class_id === one.id)?.examples ?? [];
                return (
                  <li key={one.id}>
                    <div className={styles.name}>
                      <ClassTag name={one.name} colour={one.colour} size="md" />
                      {keysOf(one.id).map((key) => (
                        <Kbd key={key}>{keyLabel(key)}</Kbd>
                      ))}
                    </div>
                    {one.description && (
                      <Text size="sm" dir="auto">
                        {one.description}
                      </Text>
                    )}
                    {examples.length === 0 ? (
                      <Text size="xs" c="dimmed">
                        {t("No example yet. Choose one on an item's page; labels that have stood for a day come by themselves.")}
                      </Text>
                    ) : (
                      <ul className={styles.examples} data-type={project.item_type}>
                        {examples.map(({ item }) => (
                          <li key={item.id}>
                            <SmallItem item={item} />
                          </li>
                        ))}
                      </ul>
                    )}
                  </li>
                );
              })}
            </ul>
          )}
        </Ready>
      </Stack>
    </Modal>
  );
}
