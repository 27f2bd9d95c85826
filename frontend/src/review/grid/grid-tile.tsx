import { memo } from "react";

import type { Entry, Item, LabelClass } from "@/api/types";
import { orderedValues, useColumns, type Row } from "@/labeling/columns";
import { SeriesPlot } from "@/labeling/series-plot";
import { t } from "@/language/translate";
import styles from "@/review/grid/grid.module.css";
import type { Mark } from "@/review/grid/grid-session";
import { percent } from "@/ui/format";

const SMALL_PIXELS = 160;
const N_VALUES = 8;
const N_CHARS = 400;

interface Props {
  entry: Entry;
  place: number;
  guess: LabelClass | undefined;
  mark: Mark | undefined;
  /** What it is marked as, where that is a class. */
  markedAs: LabelClass | undefined;
  isCursor: boolean;
  onPress: (place: number) => void;
}

/** One item of the grid: what it is, how sure the model is, and its mark in words. */
export const GridTile = memo(function GridTile({ entry, place, guess, mark, markedAs, isCursor, onPress }: Props) {
  const { item, suggestion } = entry;
  const said = mark === undefined ? "" : (markedAs?.name ?? t("not {name}", { name: guess?.name ?? t("this") }));
  const sure = suggestion ? percent(suggestion.confidence, 0) : "";
  return (
    // Moved to and marked by the keys of the page, which the group around all tiles has the focus for.
    <div
      id={tileId(entry)}
      role="checkbox"
      aria-checked={mark !== undefined}
      aria-label={
        said
          ? t("{key}, {share} sure, marked: {mark}. {summary}", { key: item.key, share: sure, mark: said, summary: summary(item) })
          : t("{key}, {share} sure. {summary}", { key: item.key, share: sure, summary: summary(item) })
      }
      className={styles.tile}
      data-cursor={isCursor || undefined}
      data-marked={mark === undefined ? undefined : mark === "wrong" ? "wrong" : "class"}
      style={markedAs && ({ "--class-colour": markedAs.colour } as React.CSSProperties)}
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => onPress(place)}
    >
      <div className={styles.content}>
        <Content item={item} />
      </div>
      <div className={styles.caption}>
        <span className={styles.key} dir="auto">
          {item.key}
        </span>
        <span className={styles.sure}>{sure}</span>
      </div>
      {said && (
        <div className={styles.mark} dir="auto">
          {markedAs ? "→" : "✕"} {said}
        </div>
      )}
    </div>
  );
});

export const tileId = (entry: Entry) => `tile-${entry.id}`;

function Content({ item }: { item: Item }) {
  if (item.image) {
    const isSmall = Math.max(item.image.width, item.image.height) <= SMALL_PIXELS;
    return <img src={item.image.thumbnail_url} alt="" className={styles.image} data-small={isSmall || undefined} decoding="async" />;
  }
  if (item.text !== null) return (
      <div className={styles.text} dir="auto">
        {item.text.slice(0, N_CHARS)}
      </div>
    );
  if (Array.isArray(item.features)) return <SeriesPlot values={item.features} isSmall />;
  return <Values row={item.features ?? {}} />;
}

function Values({ row }: { row: Row }) {
  const { columns } = useColumns();
  const values = orderedValues(row, columns);
  return (
    <table className={styles.values}>
      <tbody>
        {values.slice(0, N_VALUES).map(([name, value]) => (
          <tr key={name}>
            <th scope="row" dir="auto">
              {name}
            </th>
            <td dir="auto">{value === null || value === "" ? t("missing") : String(value)}</td>
          </tr>
        ))}
        {values.length > N_VALUES && (
          <tr>
            <td colSpan={2}>{t("and {n} more", { n: values.length - N_VALUES })}</td>
          </tr>
        )}
      </tbody>
    </table>
  );
}

function summary(item: Item): string {
  if (item.text !== null) return item.text.slice(0, N_CHARS);
  if (item.features === null || Array.isArray(item.features)) return "";
  return Object.entries(item.features)
    .slice(0, N_VALUES)
    .map(([name, value]) => `${name} ${value ?? t("missing")}`)
    .join(", ");
}
