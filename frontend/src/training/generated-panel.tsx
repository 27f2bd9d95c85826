import { Badge, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import type { GeneratedClass, Id, Project, Round } from "@/api/types";
import { t } from "@/language/translate";
import { generatedQuery } from "@/training/api";
import styles from "@/training/generated-panel.module.css";
import { ClassById } from "@/training/quality/class-by-id";
import { TextLink } from "@/ui/link";
import { Panel } from "@/ui/panel";
import { Ready } from "@/ui/query";

/** What a generative learner drew of each class, beside items that people gave it. */
export function GeneratedPanel({ project, round }: { project: Project; round: Round }) {
  const { generated } = round.metrics;
  const images = useQuery({ ...generatedQuery(round.id), enabled: (generated?.n_drawn ?? 0) > 0 });
  if (!generated) return null;
  return (
    <Panel title={t("Generated images")} note={generated.sentence}>
      {generated.n_drawn > 0 && (
        <Ready query={images} what={t("the generated images")}>
          {(classes) => (
            <Stack gap="md">
              <Text size="sm" c="dimmed">
                {t("Generated images are no items: they have no labels, and no export holds them.")}
              </Text>
              {classes.map((one) => (
                <ClassRow key={one.class_id} project={project} found={one} />
              ))}
            </Stack>
          )}
        </Ready>
      )}
    </Panel>
  );
}

function ClassRow({ project, found }: { project: Project; found: GeneratedClass }) {
  return (
    <div className={styles.row}>
      <ClassById classes={project.classes} id={found.class_id} />
      <div className={styles.line}>
        <Badge variant="light" color="gray">
          {t("Real")}
        </Badge>
        <RealImages projectId={project.id} itemIds={found.item_ids} />
      </div>
      <div className={styles.line}>
        <Badge variant="light" color="violet">
          {t("Generated")}
        </Badge>
        {found.generated.length === 0 && (
          <Text size="sm" c="dimmed">
            {t("The model drew none that it takes for this class.")}
          </Text>
        )}
        {found.generated.map((uri, place) => (
          <img key={place} src={uri} alt={t("Generated image {n}", { n: place + 1 })} className={styles.image} />
        ))}
      </div>
    </div>
  );
}

function RealImages({ projectId, itemIds }: { projectId: Id; itemIds: readonly Id[] }) {
  return itemIds.map((id) => (
    <TextLink key={id} to={`/projects/${projectId}/items/${id}`} aria-label={t("Item {id}", { id })}>
      <img src={`/api/items/${id}/thumbnail`} alt="" loading="lazy" className={styles.image} />
    </TextLink>
  ));
}
