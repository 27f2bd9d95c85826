/** A text cut where the searched words are. */

export interface TextPart {
  text: string;
  isFound: boolean;
}

/** More are not lit: a search for one letter in a book helps nobody. */
const MAX_FOUND = 2_000;

/** The parts in order; together they are the text. Upper and lower case are one. */
export function textParts(text: string, words: string): TextPart[] {
  const wanted = words.trim();
  if (wanted === "") return [{ text, isFound: false }];
  const pattern = new RegExp(wanted.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "giu");
  const parts: TextPart[] = [];
  let end = 0;
  let n_found = 0;
  for (const match of text.matchAll(pattern)) {
    if ((n_found += 1) > MAX_FOUND) break;
    if (match.index > end) parts.push({ text: text.slice(end, match.index), isFound: false });
    parts.push({ text: match[0], isFound: true });
    end = match.index + match[0].length;
  }
  if (end < text.length || parts.length === 0) parts.push({ text: text.slice(end), isFound: false });
  return parts;
}
