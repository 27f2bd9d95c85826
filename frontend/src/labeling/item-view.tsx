/** One item, by what it holds: image, text, table row or series. */

import { useState } from "react";

import type { Features, Item } from "@/api/types";
import styles from "@/labeling/item-view.module.css";
import { SeriesPlot } from "@/labeling/series-plot";

/** Below this many pixels on its longer side an image is enlarged with sharp edges. */
const SMALL_PIXELS = 160;

export function ItemView({ item }: { item: Item }) {
  if (item.image) return <ImageView key={item.id} item={item} />;
  if (item.text !== null) {
    return (
      <div className={styles.text} tabIndex={0} role="region" aria-label="Text of the item" key={item.id}>
        {item.text}
      </div>
    );
  }
  if (Array.isArray(item.features)) return <SeriesPlot values={item.features} />;
  return <FeatureTable features={item.features ?? {}} />;
}

function ImageView({ item }: { item: Item }) {
  const [hasFailed, setHasFailed] = useState(false);
  if (!item.image) return null;
  const { url, width, height } = item.image;
  const isSmall = Math.max(width, height) <= SMALL_PIXELS;
  if (hasFailed) return <p role="alert">The image of {item.key} could not be loaded. Flag it or skip it.</p>;
  return (
    <img
      src={url}
      alt={item.key}
      width={width}
      height={height}
      decoding="sync"
      className={isSmall ? styles.small : styles.image}
      style={{ aspectRatio: `${width} / ${height}` }}
      onError={() => setHasFailed(true)}
    />
  );
}

function FeatureTable({ features }: { features: Exclude<Features, unknown[]> | Record<string, unknown> }) {
  return (
    <div className={styles.tableFrame} tabIndex={0} role="region" aria-label="Features of the item">
      <table className={styles.table}>
        <tbody>
          {Object.entries(features).map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{value === null || value === "" ? <span className={styles.missing}>missing</span> : String(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
