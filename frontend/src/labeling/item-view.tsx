/** One item, by what it holds: image, text, table row or series. */

import type { Item } from "@/api/types";
import { FeatureTable } from "@/labeling/feature-table";
import { ImageStage } from "@/labeling/image-stage";
import { SeriesPlot } from "@/labeling/series-plot";
import type { StageControl } from "@/labeling/stage-control";
import type { WeightyWord } from "@/labeling/text-parts";
import { TextView } from "@/labeling/text-view";

interface Props {
  item: Item;
  /** Of a page whose own keys look at the image. */
  control?: StageControl;
  /** Words of a text that weigh most for the model, the weightiest first. */
  weighty?: readonly WeightyWord[];
  /** It lies in a page that scrolls, and the wheel is that page's. */
  isInPage?: boolean;
}

export function ItemView({ item, control, isInPage, weighty }: Props) {
  if (item.image) return <ImageStage item={{ ...item, image: item.image }} control={control} isInPage={isInPage} />;
  if (item.text !== null) return <TextView itemId={item.id} text={item.text} weighty={weighty} />;
  if (Array.isArray(item.features)) return <SeriesPlot values={item.features} />;
  return <FeatureTable features={item.features ?? {}} />;
}
