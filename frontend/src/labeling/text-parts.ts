/** A text cut where the searched words are, or those that weigh most for the model. */

export interface TextPart {
  text: string;
  isFound: boolean;
  /** Of a word that weighs: 1 to 3, the weightiest. */
  strength?: 1 | 2 | 3;
}

export interface WeightyWord {
  word: string;
  weight: number;
}

/** More are not lit: a search for one letter in a book helps nobody. */
const MAX_FOUND = 2_000;

/** The parts in order; together they are the text. Upper and lower case are one. */
export function textParts(text: string, words: string): TextPart[] {
  const wanted = words.trim();
  if (wanted === "") return [{ text, isFound: false }];
  const pattern = new RegExp(escaped(wanted), "giu");
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

/** The parts in order; together they are the text. Only whole words weigh; the weightiest is the measure of all. */
export function weightyParts(text: string, words: readonly WeightyWord[]): TextPart[] {
  const heaviest = Math.max(...words.map((one) => one.weight));
  if (words.length === 0) return [{ text, isFound: false }];
  const weights = new Map(words.map((one) => [one.word, one.weight]));
  const any = [...words].sort((a, b) => b.word.length - a.word.length).map((one) => escaped(one.word));
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}_])(?:${any.join("|")})(?![\\p{L}\\p{N}_])`, "giu");
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > end) parts.push({ text: text.slice(end, match.index), isFound: false });
    const share = (weights.get(match[0].toLowerCase()) ?? 0) / heaviest;
    parts.push({ text: match[0], isFound: false, strength: share > 2 / 3 ? 3 : share > 1 / 3 ? 2 : 1 });
    end = match.index + match[0].length;
  }
  if (end < text.length || parts.length === 0) parts.push({ text: text.slice(end), isFound: false });
  return parts;
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
