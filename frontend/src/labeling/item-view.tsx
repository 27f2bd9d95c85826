/** One item, by what it holds: image, text, table row or series. */

import type { Features, Item } from "@/api/types";
import { ImageStage } from "@/labeling/image-stage";
import styles from "@/labeling/item-view.module.css";
import { SeriesPlot } from "@/labeling/series-plot";
import type { StageControl } from "@/labeling/stage-control";
import { TextView } from "@/labeling/text-view";

interface Props {
  item: Item;
  /** Of a page whose own keys look at the image. */
  control?: StageControl;
  /** It lies in a page that scrolls, and the wheel is that page's. */
  isInPage?: boolean;
}

export function ItemView({ item, control, isInPage }: Props) {
  if (item.image) return <ImageStage item={{ ...item, image: item.image }} control={control} isInPage={isInPage} />;
  if (item.text !== null) return <TextView itemId={item.id} text={item.text} />;
  if (Array.isArray(item.features)) return <SeriesPlot values={item.features} />;
  return <FeatureTable features={item.features ?? {}} />;
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
