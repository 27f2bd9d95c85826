/** What waits for a reviewer, from either source, as one kind of thing: an item, what was said of it, and what may be decided. */

import type { Disagreement, Dispute, Id, Item, LabelClass, NewVerdict, Verdict, VerdictUndone } from "@/api/types";
import { msg, t } from "@/language/translate";
import { percent, words } from "@/ui/format";

/** Where the cases come from: people who disagree, or a model that contradicts people. */
export type Origin = "people" | "model";

export interface Case {
  /** The same for the same question: a label that has changed, or another answer of the model, is another. */
  id: string;
  item: Item;
  dispute?: Dispute;
  disagreement?: Disagreement;
}

/** One line of who said what. */
export interface Statement {
  classId: Id | null;
  /** Whose word it is. */
  who: string;
  isModel: boolean;
  at: string | null;
  note: string;
  /** It is the item's label now. */
  stands: boolean;
}

export const fromDispute = (dispute: Dispute): Case => ({ id: `entry-${dispute.id}`, item: dispute.item, dispute });

export const fromDisagreement = (disagreement: Disagreement): Case => ({
  id: `label-${disagreement.item.label?.id}-${disagreement.model.class_id}`,
  item: disagreement.item,
  disagreement,
});

export function fromUndone(undone: VerdictUndone): Case | null {
  if (undone.dispute) return fromDispute(undone.dispute);
  return undone.disagreement ? fromDisagreement(undone.disagreement) : null;
}

/** True where the label may stay as it is: a flag is settled, or a person is right against the model. */
export const canKeep = (one: Case) => one.disagreement !== undefined || one.dispute?.is_disputed === false;

/** The verdict on a case; no class: the label stays as it is. */
export function verdictOn(one: Case, key: string, classId: Id | null): NewVerdict {
  if (one.dispute) return { key, entry_id: one.dispute.id, class_id: classId };
  return { key, label_id: one.item.label?.id, model_class_id: one.disagreement?.model.class_id, class_id: classId };
}

export const originOf = (verdict: Verdict): Origin => (verdict.entry_id === null && verdict.model_class_id !== null ? "model" : "people");

const BASIS = {
  held_out: msg("{share} sure. The newest round; it never learns from this item."),
  before_label: msg("{share} sure. The newest round, before anybody had labeled the item."),
  out_of_fold: msg("{share} sure. A learner that was fitted on the other labels only."),
};

/** Who said what, the oldest first, and what the model says last. */
export function statementsOf(one: Case, names: { model: string }): Statement[] {
  const { label } = one.item;
  const said: Statement[] = (one.dispute?.answers ?? []).map((answer) => ({
    classId: answer.class_id,
    who: answer.person,
    isModel: false,
    at: answer.created_at,
    note: answer.note ?? "",
    stands: false,
  }));
  if (label) {
    const sure = label.confidence === null ? "" : t("{share} sure", { share: percent(label.confidence) });
    said.push({ classId: label.class_id, who: label.source.name, isModel: !label.is_human, at: label.created_at, note: sure, stands: true });
  }
  for (const flag of one.dispute?.flags ?? []) {
    said.push({ classId: null, who: flag.person, isModel: false, at: flag.created_at, note: flag.note ?? "", stands: false });
  }
  said.sort((a, b) => (a.at ?? "").localeCompare(b.at ?? ""));
  const { suggestion } = one.dispute ?? {};
  if (suggestion && !(label && !label.is_human)) {
    const note = t("{share} sure, when the item was queued", { share: percent(suggestion.confidence) });
    said.push({ classId: suggestion.class_id, who: t("the model"), isModel: true, at: null, note, stands: false });
  }
  const { model } = one.disagreement ?? {};
  if (model) {
    const note = t(BASIS[model.basis], { share: percent(model.confidence) });
    said.push({ classId: model.class_id, who: names.model, isModel: true, at: null, note, stands: false });
  }
  return said;
}

/** In a sentence, for those who hear the page. */
export function spoken(statements: readonly Statement[], classes: readonly LabelClass[]): string {
  const name = (id: Id) => classes.find((one) => one.id === id)?.name ?? t("class {id}", { id });
  return statements
    .map(({ who, classId }) => (classId === null ? t("{who} asked for a second look", { who }) : t("{who} said {name}", { who, name: name(classId) })))
    .join("; ");
}

/** Whose opinion the model's is, by what it rests on. */
export function modelName(
  basis: Disagreement["model"]["basis"] | undefined,
  opinions: { round: { run_number: number; number: number } | null; inspection: { number: number; learner: string } | null } | undefined,
): string {
  const { round, inspection } = opinions ?? {};
  if (basis === "out_of_fold" && inspection) return t("{learner} (inspection {n})", { learner: words(inspection.learner), n: inspection.number });
  return round ? t("the model of round {round}", { round: `${round.run_number}.${round.number}` }) : t("the model");
}
