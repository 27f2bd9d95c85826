import { type Message, msg } from "@/language/translate";

/** What keeps an item from being taken away, as the server names it. */
export const KEPT_BY: Record<string, Message> & { labels: Message } = {
  answers: msg("answers"),
  asked_blind: msg("people are being asked about them, blind"),
  audits: msg("audits"),
  certificates: msg("certificates"),
  flags: msg("flags"),
  gold: msg("gold"),
  guide_examples: msg("examples of the guide"),
  imported_answers: msg("answers of other files"),
  labels: msg("labels of people or other files"),
  verdicts: msg("decisions of reviewers"),
};
