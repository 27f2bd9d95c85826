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

/** Names that begin with the text come first, then those that hold it; among equals the order given. */
export function findClasses(classes: readonly LabelClass[], text: string): LabelClass[] {
  const wanted = text.trim().toLowerCase();
  const rank = (one: LabelClass) => {
    const at = one.name.toLowerCase().indexOf(wanted);
    return at === 0 ? 0 : at > 0 ? 1 : 2;
  };
  return classes
    .map((one) => ({ one, rank: rank(one) }))
    .filter((found) => found.rank < 2)
    .sort((a, b) => a.rank - b.rank)
    .map((found) => found.one);
}
