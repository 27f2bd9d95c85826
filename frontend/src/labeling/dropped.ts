/** A file that was dropped on one page, on its way to the page that makes a project of it. */

let waiting: File | undefined;

export function keepDropped(file: File): void {
  waiting = file;
}

export function takeDropped(): File | undefined {
  const file = waiting;
  waiting = undefined;
  return file;
}
