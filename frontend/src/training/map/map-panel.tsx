import { Button, Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import type { Id, MapPoints, Project } from "@/api/types";
import { t } from "@/language/translate";
import { MapSelection } from "@/training/map/map-selection";
import styles from "@/training/map/map.module.css";
import { PointCanvas, type Tool } from "@/training/map/point-canvas";
import { colouringOf, groupCounts, pointsInside, relabeled, SOURCES, type ColourBy, type Place } from "@/training/map/points";
import { mapQuery } from "@/training/quality/api";
import { count, percent } from "@/ui/format";
import { Ready } from "@/ui/query";

/** The map of an inspection, in which a region can be drawn and its items labeled or queued. */
export function MapPanel({ project, inspectionId }: { project: Project; inspectionId: Id }) {
  const map = useQuery(mapQuery(inspectionId));
  return (
    <Ready query={map} what={t("the map")}>
      {(points) => <ItemMap key={inspectionId} project={project} drawn={points} />}
    </Ready>
  );
}

function ItemMap({ project, drawn }: { project: Project; drawn: MapPoints }) {
  const [points, setPoints] = useState(drawn); // with what was labeled here since
  const [by, setBy] = useState<ColourBy>("source");
  const [tool, setTool] = useState<Tool>("lasso");
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [region, setRegion] = useState<readonly Place[]>([]);
  const [hovered, setHovered] = useState(-1);
  const colouring = useMemo(() => colouringOf(points, by, project.classes), [points, by, project.classes]);
  const counts = useMemo(() => groupCounts(colouring), [colouring]);
  const isShown = useMemo(() => colouring.groups.map((group) => !hidden.has(group.name)), [colouring, hidden]);
  const chosen = useMemo(
    () => pointsInside(points, region, (point) => isShown[colouring.of[point] ?? 0] === true),
    [points, region, isShown, colouring],
  );
  const chosenSet = useMemo(() => new Set(chosen), [chosen]);

  function toggle(name: string) {
    setHidden((now) => (now.has(name) ? new Set([...now].filter((one) => one !== name)) : new Set([...now, name])));
  }

  return (
    <Stack gap="xs">
      <Group gap="sm">
        <SegmentedControl
          size="xs"
          aria-label={t("Coloured by")}
          value={by}
          onChange={(value) => {
            setBy(value as ColourBy);
            setHidden(new Set());
          }}
          data={[
            { value: "source", label: t("Who labeled") },
            { value: "class", label: t("Class") },
            { value: "confidence", label: t("Confidence") },
            { value: "round", label: t("Round") },
          ]}
        />
        <SegmentedControl
          size="xs"
          aria-label={t("What dragging does")}
          value={tool}
          onChange={(value) => setTool(value as Tool)}
          data={[
            { value: "lasso", label: t("Lasso") },
            { value: "move", label: t("Move") },
          ]}
        />
      </Group>
      <div className={styles.legend} role="group" aria-label={t("Shown on the map")}>
        {colouring.groups.map((group, i) =>
          counts[i] ? (
            <Button
              key={group.name}
              size="compact-xs"
              variant={hidden.has(group.name) ? "subtle" : "default"}
              aria-pressed={!hidden.has(group.name)}
              onClick={() => toggle(group.name)}
              style={{ textDecoration: hidden.has(group.name) ? "line-through" : undefined }}
            >
              <span className={styles.swatch} style={{ background: group.colour }} />
              <span>
                <bdi>{group.name}</bdi> {count(counts[i] ?? 0)}
              </span>
            </Button>
          ) : null,
        )}
      </div>
      <PointCanvas
        points={points}
        colouring={colouring}
        isShown={isShown}
        chosen={chosenSet}
        tool={tool}
        region={region}
        onRegion={setRegion}
        onHover={setHovered}
      />
      <Text size="xs" c="dimmed" id="map-keys">
        {t("Crosses: labeled by people. Drag around a region to choose its items; the wheel zooms where the map has the focus. By keyboard: arrows move (Shift: further), Space sets a corner, Enter closes the region, + and - zoom, 0 shows all, Escape lets go.")}
      </Text>
      <Text size="sm" mih="1.5em">
        {hovered >= 0 && said(points, hovered, project)}
      </Text>
      {region.length > 0 && (
        <MapSelection
          project={project}
          points={points}
          chosen={chosen}
          onLabeled={(ids, classId) => setPoints((now) => relabeled(now, ids, classId))}
          onClear={() => setRegion([])}
        />
      )}
    </Stack>
  );
}

function said(points: MapPoints, point: number, project: Project): string {
  const classId = points.class_ids[point] ?? 0;
  const name = project.classes.find((one) => one.id === classId)?.name ?? t("no label");
  const source = t(SOURCES[points.sources[point] ?? 0] ?? SOURCES[0]);
  const confidence = points.confidences[point] ?? -1;
  const values = { id: points.item_ids[point] ?? 0, label: name, source };
  if (confidence < 0) return t("Item {id}: {label} ({source})", values);
  return t("Item {id}: {label} ({source}, model {confidence} sure)", { ...values, confidence: percent(confidence / 1000) });
}
