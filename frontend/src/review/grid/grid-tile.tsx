import { memo, useEffect, useRef, useState } from "react";

import type { Entry, Item, LabelClass } from "@/api/types";
import { orderedValues, useColumns, type Row } from "@/labeling/columns";
import { SeriesPlot } from "@/labeling/series-plot";
import { t } from "@/language/translate";
import styles from "@/review/grid/grid.module.css";
import type { Mark } from "@/review/grid/grid-session";
import type { Watch } from "@/review/grid/use-seen";
import { percent } from "@/ui/format";
import { onGround } from "@/ui/theme";

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
  /** Told of the tile once what it shows is there. */
  watch: Watch;
}

/** One item of the grid: what it is, how sure the model is, and its mark in words. */
export const GridTile = memo(function GridTile({ entry, place, guess, mark, markedAs, isCursor, onPress, watch }: Props) {
  const { item, suggestion } = entry;
  const said = mark === undefined ? "" : (markedAs?.name ?? t("not {name}", { name: guess?.name ?? t("this") }));
  const tile = useRef<HTMLDivElement>(null);
  const [isLoaded, setLoaded] = useState(item.image === null);
  const { id } = entry;
  useEffect(() => (isLoaded && tile.current ? watch(tile.current, id) : undefined), [isLoaded, watch, id]);
  const sure = suggestion ? percent(suggestion.confidence, 0) : "";
  return (
    // Moved to and marked by the keys of the page, which the group around all tiles has the focus for.
    <div
      ref={tile}
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
      style={markedAs && ({ "--class-colour": onGround(markedAs.colour) } as React.CSSProperties)}
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => onPress(place)}
    >
      <div className={styles.content}>
        <Content item={item} onLoaded={() => setLoaded(true)} />
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

function Content({ item, onLoaded }: { item: Item; onLoaded: () => void }) {
  if (item.image) {
    const isSmall = Math.max(item.image.width, item.image.height) <= SMALL_PIXELS;
    return <Picture url={item.image.thumbnail_url} isSmall={isSmall} onLoaded={onLoaded} />;
  }
  if (item.text !== null) return (
      <div className={styles.text} dir="auto">
        {item.text.slice(0, N_CHARS)}
      </div>
    );
  if (Array.isArray(item.features)) return <SeriesPlot values={item.features} isSmall />;
  return <Values row={item.features ?? {}} />;
}

/** One that cannot be loaded says so, and is asked for again at a press or when the network is back. */
function Picture({ url, isSmall, onLoaded }: { url: string; isSmall: boolean; onLoaded: () => void }) {
  const [state, setState] = useState<"loading" | "loaded" | "failed">("loading");
  const [nTries, setTries] = useState(0);
  const again = () => {
    setState("loading");
    setTries((n) => n + 1);
  };
  useEffect(() => {
    if (state !== "failed") return;
    window.addEventListener("online", again);
    return () => window.removeEventListener("online", again);
  }, [state]);
  if (state === "failed") return (
      <div className={styles.missing}>
        {t("Not loaded")}
        <button
          type="button"
          className={styles.again}
          onMouseDown={(event) => event.preventDefault()}
          onClick={(event) => {
            event.stopPropagation();
            again();
          }}
        >
          {t("Try again")}
        </button>
      </div>
    );
  return (
    <img
      key={nTries}
      src={url}
      alt=""
      className={styles.image}
      data-small={isSmall || undefined}
      data-loading={state === "loading" || undefined}
      decoding="async"
      onLoad={() => {
        setState("loaded");
        onLoaded();
      }}
      onError={() => setState("failed")}
    />
  );
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
