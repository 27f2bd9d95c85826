/** The order in which the model holds the classes likely, as far as an entry tells it. */

import type { Entry, Id, LabelClass } from "@/api/types";

export interface Likely {
  class_id: Id;
  confidence: number;
}

/** The suggested class and those after it, the likeliest first; none where the guess is hidden. */
export function likeliest(suggestion: Entry["suggestion"]): Likely[] {
  return suggestion ? [{ class_id: suggestion.class_id, confidence: suggestion.confidence }, ...suggestion.others] : [];
}

/** The classes that the model holds likely come first, the others as they were. */
export function likeliestFirst(classes: readonly LabelClass[], suggestion: Entry["suggestion"]): LabelClass[] {
  const places = new Map(likeliest(suggestion).map((one, place) => [one.class_id, place]));
  return [...classes].sort((a, b) => (places.get(a.id) ?? Infinity) - (places.get(b.id) ?? Infinity) || 0);
}

const NOT_FOUND = 3;

/**
 * Names that begin with the text come first, then those in which each word typed begins a word, in whatever order,
 * then those that hold the text; among equals the order given.
 */
export function findClasses(classes: readonly LabelClass[], text: string): LabelClass[] {
  const wanted = text.trim().toLowerCase();
  const words = wordsOf(wanted);
  const rank = (one: LabelClass) => {
    const name = one.name.toLowerCase();
    if (name.startsWith(wanted)) return 0;
    const named = wordsOf(name);
    if (words.length > 0 && words.every((word) => named.some((each) => each.startsWith(word)))) return 1;
    return name.includes(wanted) ? 2 : NOT_FOUND;
  };
  return classes
    .map((one) => ({ one, rank: rank(one) }))
    .filter((found) => found.rank < NOT_FOUND)
    .sort((a, b) => a.rank - b.rank)
    .map((found) => found.one);
}

/** Runs of letters and digits, of any script: "refund_wrong-amount" has three. */
const wordsOf = (text: string): string[] => text.match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
