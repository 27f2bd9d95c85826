/** An image to look at closely: zoom at the pointer, pan, pixel for pixel, brightness and contrast. */

import { useEffect, useMemo, useRef, useState } from "react";

import type { Item } from "@/api/types";
import { useMyKeys } from "@/keys/my-keys";
import { findPressed, keyLabel } from "@/keys/registry";
import { pan, zoomAt, type Size, type View } from "@/labeling/image-view";
import styles from "@/labeling/item-view.module.css";
import { lookActions, StageControl } from "@/labeling/stage-control";
import { t } from "@/language/translate";
import { percent } from "@/ui/format";

/** Up to this many pixels on its longer side an image is enlarged with sharp edges. */
const SMALL_PIXELS = 160;
/** From here on each pixel is a square. */
const SQUARES_FROM = 2;
const BUTTONS = ["zoom-out", "zoom-in", "fit", "exact", "darker", "brighter", "less-contrast", "more-contrast"];

interface Looks {
  brightness: number;
  contrast: number;
}
const AS_IT_IS: Looks = { brightness: 1, contrast: 1 };
const shifted = (value: number, by: number) => Math.round(Math.max(0.2, Math.min(4, value + by)) * 10) / 10;

interface Props {
  item: Item & { image: NonNullable<Item["image"]> };
  /** Of a page whose own keys look at the image; without one the keys work while the image has the focus. */
  control?: StageControl;
  /** The wheel belongs to the page unless Ctrl is held. */
  isInPage?: boolean;
}

/**
 * Until somebody zooms, CSS alone fits the image, so that the next one paints in the frame of the key
 * press. The zoom ends with the item; brightness and contrast stay for the next.
 */
export function ImageStage({ item, control, isInPage = false }: Props) {
  const { url, width, height } = item.image;
  const [zoomed, setZoomed] = useState<{ itemId: number; view: View }>();
  const [looks, setLooks] = useState(AS_IT_IS);
  const [failedId, setFailedId] = useState<number>();
  const frame = useRef<HTMLDivElement>(null);
  const picture = useRef<HTMLImageElement>(null);
  const own = useMemo(() => new StageControl(), []);
  const used = control ?? own;
  const actions = useMyKeys(useMemo(() => lookActions(used), [used]));
  const view = zoomed?.itemId === item.id ? zoomed.view : undefined;

  // What gestures and keys read: they come after the page has painted.
  const now = useRef({ view, image: { width, height } as Size, itemId: item.id });
  useEffect(() => {
    now.current = { view, image: { width, height }, itemId: item.id };
  });

  useEffect(() => {
    const box = frame.current;
    if (box === null) return;
    const size = (): Size => ({ width: box.clientWidth, height: box.clientHeight });
    /** The view as it is now, whoever fitted it. */
    const current = (): View => {
      const shown = picture.current?.getBoundingClientRect().width ?? now.current.image.width;
      return now.current.view ?? { scale: shown / now.current.image.width, x: 0, y: 0 };
    };
    const show = (next: View) => {
      now.current.view = next;
      setZoomed({ itemId: now.current.itemId, view: next });
    };
    const fromMiddle = (event: { clientX: number; clientY: number }) => {
      const place = box.getBoundingClientRect();
      return { x: event.clientX - place.left - place.width / 2, y: event.clientY - place.top - place.height / 2 };
    };
    const zoom = (factor: number, at = { x: 0, y: 0 }) => show(zoomAt(current(), factor, at, now.current.image, size()));
    const move = (dx: number, dy: number) => show(pan(current(), dx, dy, now.current.image, size()));
    const fit = () => {
      now.current.view = undefined;
      setZoomed(undefined);
    };
    const detach = used.attach({
      zoom,
      pan: move,
      isZoomed: () => now.current.view !== undefined,
      fit: () => {
        fit();
        setLooks(AS_IT_IS);
      },
      // One pixel of the image is one of the screen, also where the screen has several a CSS pixel.
      exact: () => zoom(1 / window.devicePixelRatio / current().scale),
      brighten: (by) => setLooks((before) => ({ ...before, brightness: shifted(before.brightness, by) })),
      sharpen: (by) => setLooks((before) => ({ ...before, contrast: shifted(before.contrast, by) })),
    });

    const touching = new Map<number, { clientX: number; clientY: number }>();
    const spread = () => {
      const [a, b] = [...touching.values()];
      return a && b ? Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) : 0;
    };
    const onWheel = (event: WheelEvent) => {
      if (isInPage && !event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      zoom(Math.exp(-event.deltaY * (event.deltaMode === 0 ? 0.002 : 0.05)), fromMiddle(event));
    };
    const onDown = (event: PointerEvent) => {
      touching.set(event.pointerId, event);
      box.setPointerCapture(event.pointerId);
    };
    const onMove = (event: PointerEvent) => {
      const before = touching.get(event.pointerId);
      if (before === undefined) return;
      const was = spread();
      touching.set(event.pointerId, event);
      if (was > 0) zoom(spread() / was, fromMiddle(event));
      else if (now.current.view) move(event.clientX - before.clientX, event.clientY - before.clientY);
    };
    const onUp = (event: PointerEvent) => touching.delete(event.pointerId);
    const onDouble = (event: MouseEvent) => (now.current.view ? fit() : zoom(3, fromMiddle(event)));
    box.addEventListener("wheel", onWheel, { passive: false });
    box.addEventListener("pointerdown", onDown);
    box.addEventListener("pointermove", onMove);
    box.addEventListener("pointerup", onUp);
    box.addEventListener("pointercancel", onUp);
    box.addEventListener("dblclick", onDouble);
    return () => {
      detach();
      box.removeEventListener("wheel", onWheel);
      box.removeEventListener("pointerdown", onDown);
      box.removeEventListener("pointermove", onMove);
      box.removeEventListener("pointerup", onUp);
      box.removeEventListener("pointercancel", onUp);
      box.removeEventListener("dblclick", onDouble);
    };
  }, [used, isInPage]);

  function onKeyDown(event: React.KeyboardEvent) {
    if (control !== undefined) return; // the page's keys do it
    const { found } = findPressed(actions, event.nativeEvent);
    if (found.kind !== "action") return;
    event.preventDefault();
    event.stopPropagation();
    found.action.perform();
  }

  const isSmall = Math.max(width, height) <= SMALL_PIXELS;
  const isChanged = looks.brightness !== 1 || looks.contrast !== 1;
  return (
    <div className={styles.stage}>
      <div
        ref={frame}
        className={styles.frame}
        data-zoomed={view !== undefined || undefined}
        data-in-page={isInPage || undefined}
        tabIndex={control === undefined ? 0 : undefined}
        role="group"
        aria-label={t("The image; keys zoom, move and brighten it")}
        onKeyDown={onKeyDown}
      >
        {failedId === item.id ? (
          <p role="alert">{t("The image of {key} could not be loaded. Flag it or skip it.", { key: item.key })}</p>
        ) : (
          <img
            key={item.id}
            ref={picture}
            src={url}
            alt={item.key}
            width={width}
            height={height}
            decoding="sync"
            draggable={false}
            className={view ? styles.zoomed : isSmall ? styles.small : styles.image}
            style={{
              aspectRatio: `${width} / ${height}`,
              filter: isChanged ? `brightness(${looks.brightness}) contrast(${looks.contrast})` : undefined,
              ...(view && {
                transform: `translate(-50%, -50%) translate(${view.x}px, ${view.y}px) scale(${view.scale})`,
                imageRendering: view.scale >= SQUARES_FROM || isSmall ? "pixelated" : undefined,
              }),
            }}
            onError={() => setFailedId(item.id)}
          />
        )}
      </div>
      <div className={styles.tools} role="group" aria-label={t("Look at the image")}>
        {(view || isChanged) && (
          <span className={styles.state} role="status">
            {view && percent(view.scale, 0)} {looks.brightness !== 1 && `☀ ${percent(looks.brightness, 0)}`}{" "}
            {looks.contrast !== 1 && `◐ ${percent(looks.contrast, 0)}`}
          </span>
        )}
        {BUTTONS.map((id) => {
          const action = actions.find((one) => one.id === id);
          const [key] = action?.keys ?? [];
          return (
            action && (
              <button
                key={id}
                type="button"
                className={styles.tool}
                aria-label={action.title}
                title={key === undefined ? action.title : `${action.title} (${keyLabel(key)})`}
                onMouseDown={(event) => event.preventDefault()}
                onClick={action.perform}
              >
                {action.short}
              </button>
            )
          );
        })}
      </div>
    </div>
  );
}
