import type { Reason } from "@/api/types";
import { type Message, msg, t } from "@/language/translate";
import { capitalized, words } from "@/ui/format";

/** Why an item is in the queue, in words and colours. */
export const REASONS: Record<Reason, { title: Message; why: Message; colour: string }> = {
  uncertain: { title: msg("Uncertain"), why: msg("The model is unsure here: your answer teaches it most."), colour: "orange" },
  diverse: { title: msg("Diverse"), why: msg("Unlike what is labeled so far."), colour: "grape" },
  random: { title: msg("Random"), why: msg("Drawn at random, to measure how good the model is."), colour: "blue" },
  flagged: { title: msg("Flagged"), why: msg("Somebody flagged it for a second look."), colour: "red" },
  picked: { title: msg("Picked"), why: msg("Somebody picked it for people to label."), colour: "cyan" },
  gold: { title: msg("Gold"), why: msg("Its answer is known: a blind check of people."), colour: "yellow" },
  grid: { title: msg("Grid"), why: msg("One of many that the model says are of one class."), colour: "violet" },
  doubted: { title: msg("Marked wrong"), why: msg("Somebody marked it in a grid as not what the model says."), colour: "orange" },
  below_cut: { title: msg("Below the cut"), why: msg("A certificate leaves this one to people."), colour: "yellow" },
  second: { title: msg("Second answer"), why: msg("A blind second answer, to measure how often people differ."), colour: "blue" },
  mixed: { title: msg("Among audits"), why: msg("Drawn at random, to be asked among blind checks, so that none can be told."), colour: "teal" },
  blind: { title: msg("Blind"), why: msg("Asked without the model's guess, to measure."), colour: "blue" },
  audit: { title: msg("Audit"), why: msg("A blind check of a label that was accepted: what the model said is hidden."), colour: "teal" },
};

export interface ShownReason {
  title: string;
  why: string;
  colour: string;
}

/** Of a blind entry where there is no guess that could be hidden. */
export const beforeAModel = (): ShownReason => ({
  title: t("To label"),
  why: t("No model has said anything yet: your answers teach the first one."),
  colour: "blue",
});

/** In the page's words; of a reason that another package brought, its name. */
export function reasonShown(reason: string): ShownReason {
  const known = Object.hasOwn(REASONS, reason) ? REASONS[reason as Reason] : undefined;
  if (known) return { title: t(known.title), why: t(known.why), colour: known.colour };
  const name = capitalized(words(reason));
  return { title: name, why: name, colour: "gray" };
}
