/** "100, 500" as numbers; [] where nothing is written; null where it is no list of whole numbers. */
export function readSizes(text: string): number[] | null {
  const parts = text.split(/[\s,;]+/).filter((part) => part !== "");
  return parts.every((part) => /^\d{1,9}$/.test(part)) ? parts.map(Number) : null;
}
