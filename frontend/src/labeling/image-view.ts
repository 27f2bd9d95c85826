/** Where an image lies in its frame: pure, so that zooming and panning can be tried without a page. */

export interface Size {
  width: number;
  height: number;
}

/** Screen pixels an image pixel, and the image's middle from the frame's, in screen pixels. */
export interface View {
  scale: number;
  x: number;
  y: number;
}

/** Screen pixels an image pixel, at most. */
export const MAX_SCALE = 64;

/** The largest scale at which all of the image is seen. */
export function fitScale(image: Size, frame: Size): number {
  return Math.min(MAX_SCALE, frame.width / image.width, frame.height / image.height);
}

export const FIT = (image: Size, frame: Size): View => ({ scale: fitScale(image, frame), x: 0, y: 0 });

/** Zooms by a factor; what lies at the place (from the frame's middle) stays there, as far as the edges allow. */
export function zoomAt(view: View, factor: number, at: { x: number; y: number }, image: Size, frame: Size): View {
  const lowest = Math.min(1, fitScale(image, frame));
  const scale = Math.max(lowest, Math.min(MAX_SCALE, view.scale * factor));
  const grown = scale / view.scale;
  return within({ scale, x: at.x - (at.x - view.x) * grown, y: at.y - (at.y - view.y) * grown }, image, frame);
}

export function pan(view: View, dx: number, dy: number, image: Size, frame: Size): View {
  return within({ ...view, x: view.x + dx, y: view.y + dy }, image, frame);
}

/** No edge of the image comes further into the frame than it must. */
function within(view: View, image: Size, frame: Size): View {
  const room = (length: number, space: number) => Math.max(0, (length * view.scale - space) / 2);
  const clamp = (value: number, most: number) => (most === 0 ? 0 : Math.max(-most, Math.min(most, value)));
  return {
    scale: view.scale,
    x: clamp(view.x, room(image.width, frame.width)),
    y: clamp(view.y, room(image.height, frame.height)),
  };
}
