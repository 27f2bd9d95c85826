import { useEffect, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";

import type { MapPoints } from "@/api/types";
import { plural, t } from "@/language/translate";
import styles from "@/training/map/map.module.css";
import { drawPoints, pointAt, toPixel, toPlace, wholeView, zoomed, type Colouring, type Place, type View } from "@/training/map/points";

export type Tool = "lasso" | "move";

interface Props {
  points: MapPoints;
  colouring: Colouring;
  isShown: readonly boolean[];
  chosen: ReadonlySet<number>;
  tool: Tool;
  region: readonly Place[];
  onRegion: (region: readonly Place[]) => void;
  onHover: (point: number) => void;
}

const STEP = 10; // pixels of an arrow key; four times as many with Shift
const ARROWS: Record<string, Place> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** The points of a map, to look around in and to draw a region on: by pointer, or by the keys that the help line names. */
export function PointCanvas({ points, colouring, isShown, chosen, tool, region, onRegion, onHover }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [view, setView] = useState<View | null>(null);
  const [draft, setDraft] = useState<readonly Place[]>([]);
  const [cursor, setCursor] = useState<Place | null>(null); // in pixels; of the keyboard
  const drag = useRef<{ x: number; y: number } | null>(null);
  const whole = wholeView(size.width, size.height);
  const shown = view ?? whole;

  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const measure = () => setSize({ width: element.clientWidth, height: element.clientHeight });
    measure();
    const watch = new ResizeObserver(measure);
    watch.observe(element);
    return () => watch.disconnect();
  }, []);

  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || size.width === 0) return;
    const asked = requestAnimationFrame(() => {
      const image = context.createImageData(size.width, size.height);
      drawPoints(new Uint32Array(image.data.buffer), size.width, size.height, {
        points,
        colouring,
        view: shown,
        isShown,
        isCross: (point) => points.sources[point] === 2,
        chosen,
      });
      context.putImageData(image, 0, 0);
    });
    return () => cancelAnimationFrame(asked);
    // `shown` is made anew at each rendering; its parts say whether it changed.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [points, colouring, isShown, chosen, size, shown.x, shown.y, shown.scale]);

  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    // A page that is scrolled past the map must not zoom it: only where it has the focus, or with Ctrl.
    const zoom = (event: WheelEvent) => {
      if (!event.ctrlKey && document.activeElement !== element) return;
      event.preventDefault();
      const box = element.getBoundingClientRect();
      setView((now) => zoomed(now ?? wholeView(box.width, box.height), Math.exp(-event.deltaY / 400), event.clientX - box.left, event.clientY - box.top));
    };
    element.addEventListener("wheel", zoom, { passive: false });
    return () => element.removeEventListener("wheel", zoom);
  }, []);

  const at = (event: PointerEvent): Place => {
    const box = event.currentTarget.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  function down(event: PointerEvent<HTMLDivElement>) {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const [x, y] = at(event);
    drag.current = { x, y };
    setCursor(null);
    if (tool === "lasso") setDraft([toPlace(shown, x, y)]);
  }

  function move(event: PointerEvent<HTMLDivElement>) {
    const [x, y] = at(event);
    const from = drag.current;
    if (from === null) {
      onHover(pointAt(points, shown, x, y, (point) => isShown[colouring.of[point] ?? 0] === true));
      return;
    }
    if (Math.hypot(x - from.x, y - from.y) < 3) return;
    drag.current = { x, y };
    if (tool === "move") setView({ ...shown, x: shown.x + x - from.x, y: shown.y + y - from.y });
    else setDraft((now) => [...now, toPlace(shown, x, y)]);
  }

  function up() {
    if (drag.current === null) return;
    drag.current = null;
    if (tool === "lasso") {
      onRegion(draft.length >= 3 ? draft : []);
      setDraft([]);
    }
  }

  function press(event: KeyboardEvent<HTMLDivElement>) {
    const now = cursor ?? [size.width / 2, size.height / 2];
    const arrow = ARROWS[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (arrow) {
      const by = STEP * (event.shiftKey ? 4 : 1);
      const next: Place = [
        Math.min(size.width, Math.max(0, now[0] + arrow[0] * by)),
        Math.min(size.height, Math.max(0, now[1] + arrow[1] * by)),
      ];
      setCursor(next);
      onHover(pointAt(points, shown, next[0], next[1], (point) => isShown[colouring.of[point] ?? 0] === true));
    } else if (event.key === " ") {
      setCursor(now);
      setDraft((corners) => [...corners, toPlace(shown, now[0], now[1])]);
    } else if (event.key === "Enter") {
      if (draft.length >= 3) onRegion(draft);
      setDraft([]);
    } else if (event.key === "Escape") {
      setDraft([]);
      onRegion([]);
    } else if (event.key === "+" || event.key === "=") setView(zoomed(shown, 1.5, now[0], now[1]));
    else if (event.key === "-") setView(zoomed(shown, 1 / 1.5, now[0], now[1]));
    else if (event.key === "0") setView(null);
    else return;
    event.preventDefault();
  }

  const outline = (draft.length > 0 ? draft : region).map((place) => toPixel(shown, place).join(",")).join(" ");
  return (
    <div
      ref={frame}
      className={styles.frame}
      data-tool={tool}
      role="application"
      aria-label={t("Map of the items")}
      aria-describedby="map-keys"
      tabIndex={0}
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={up}
      onPointerCancel={up}
      onKeyDown={press}
    >
      <canvas ref={canvas} width={size.width} height={size.height} />
      <svg aria-hidden>
        {outline && <polygon className={styles.region} points={outline} />}
        {draft.map((place, i) => {
          const [x, y] = toPixel(shown, place);
          return cursor && <circle key={i} cx={x} cy={y} r={3} fill="#e86f2d" />;
        })}
        {cursor && (
          <path className={styles.crosshair} d={`M${cursor[0] - 12} ${cursor[1]}h24M${cursor[0]} ${cursor[1] - 12}v24`} />
        )}
      </svg>
      <output style={{ position: "absolute", insetInlineStart: -9999 }} aria-live="polite">
        {cursor && draft.length > 0 ? plural(draft.length, "{n} corners of a region set", "{n} corners of a region set", { n: draft.length }) : ""}
      </output>
    </div>
  );
}
