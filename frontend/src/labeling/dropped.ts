/** Files that were dropped on one page, on their way to the page that makes a project of them. */

import type { PathFile } from "@/ui/dropped-files";

let waiting: PathFile[] = [];

export function keepDropped(files: PathFile[]): void {
  waiting = files;
}

export function takeDropped(): PathFile[] {
  const files = waiting;
  waiting = [];
  return files;
}
