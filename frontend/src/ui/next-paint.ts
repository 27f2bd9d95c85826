/** What can wait until the person has seen the answer to their key. */

const AT_MOST_MS = 100; // a tab in the background paints nothing

/** Resolves in the first task after the next frame. */
export function nextPaint(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, AT_MOST_MS);
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        clearTimeout(timer);
        resolve();
      };
      channel.port2.postMessage(null);
    });
  });
}
