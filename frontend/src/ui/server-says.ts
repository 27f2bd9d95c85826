/**
 * Sentences that the server says and the page shows: reasons why a run stopped, lines of its log, steps, findings.
 *
 * They are stored in English, and the English sentence is the key here as it is for the page's own
 * (docs/decisions/0013): a template knows it again, takes the values out, and t() says it in the reader's language.
 * What no template knows stays English. tests/test_server_sentences.py holds the templates against the server's code.
 */

import { LANGUAGE } from "@/language/languages";
import { msg, t, type Message } from "@/language/translate";

export const SERVER_SENTENCES: readonly Message[] = [
  // why a run stopped: training/rules/stopping.py
  msg("Every item has a human label, so there was nothing left to predict."),
  msg("It did the {n} rounds that were asked for."),
  msg("It did its one round."),
  msg("This learner learns from the whole pool at once, so another round would learn the same."),
  msg("No prediction passed the threshold, so another round would learn the same. Lower the threshold, or label more items."),
  msg("The last round accepted nothing new, so another one would learn the same."),
  msg("The last {n} rounds brought no gain on the holdout."),
  // of a run that takes a file's predictions in: training/filed/pipeline.py
  msg("Its predictions are this run's only round."),
  msg("The same predictions are round {run}.{round} already, so there is no second one."),
  msg("{n} of {all} rows have no confidence; they count as no surer than chance."),
  msg("{n} of {all} confidences are below {chance}, which is chance among {classes} classes; they count as that."),
  msg("In {n} of {all} rows the likeliest class is not the label; the label counts."),
  // what work waits for: labeling/jobs/trouble.py
  msg("Waiting for {what} since {time} UTC: {reason}"),
  msg("Waited {n} s for {what}: {reason}"),
  msg("the database"),
  msg("the storage"),
  msg("the storage (bucket {name})"),
  msg("room on the disk"),
  // why an attempt to certify ended, or what it waits for: review/certificates/
  msg("No round's labels stand any more. Train and publish a round, or import predictions, then ask again."),
  msg("People have labeled every item that has a prediction: there is nothing to certify."),
  msg("{n} audits could not prove any cut with at most {share}% wrong. Label more, train again, and ask for the next attempt."),
  msg("Ranks 1 to {cut} of {all} are proven; people continue from the cut: {n} more."),
  msg("Abandoned by hand."),
  // steps of a run: training/fitting/progress.py
  msg("round {n} of {all}: {step}"),
  msg("starting a process of its own"),
  msg("reading items"),
  msg("fitting"),
  msg("calibrating"),
  msg("evaluating"),
  msg("predicting"),
  msg("deciding"),
  msg("storing"),
  // its log: training/fitting/pipeline.py, evaluation.py and calibration.py
  msg("A worker has taken the run, and a process of its own learns."),
  msg("Going on after round {n}, the last whole one."),
  msg("Calibration: {why}"),
  msg("{n} held-out human labels; calibration needs {least} at least. Label more items drawn at random."),
  msg("Already calibrated: no temperature lowers the log-loss of {loss} on {n} held-out labels."),
  msg("Accuracy on the {set}: {share} of {n} (95% interval {low} to {high})."),
  msg("Nothing is held out yet, so the accuracy is not known. Answer items drawn at random."),
  msg("Accepted {n} of {all} predictions ({share})."),
  // findings of an inspection: training/inspections/pipeline.py and training/quality/
  msg("None of the {n} labels stands against the others. Nothing needs to be done."),
  msg("No two of {n} items are all but the same. Nothing needs to be done."),
  msg("The labeled items look like the pool, as far as can be told. Nothing needs to be done."),
  msg("There are fewer than {n} items on one side, too few to tell. Label more."),
  msg("{n} labels measure this; from {least} on it means something. Label more items drawn at random."),
  msg("Confidence means what it says, as far as {n} labels can tell (calibration error {error})."),
  // what is odd about an import: labeling/imports/rules/report.py
  msg("0 rows were taken: every row has a problem. See dropped and problems."),
  msg("0 labels found: the label column {name} is empty in every row taken."),
  msg("0 labels found: no column was taken for the label. If one holds it, say which; else people label these items here."),
  msg("0 labels found: neither folders nor a table say any. People label these items here."),
  // of files and their columns: labeling/formats/ and labeling/imports/rules/questions.py
  msg("0 labels were taken: each contradicts another label of its item ({n} in all). Is the right column the label? See conflicts."),
  msg("{n} classes were found in {all} labels, about one of each. Does {name} hold the label?"),
  msg("{n} classes were found in {all} labels, about one of each. Are these classes?"),
  msg("Which of these reads right: {first} ({one}) or {second} ({two})?"),
  msg("{file} is named as {name} and holds {content}, so it was read as that."),
  msg("Two columns are called {name}; the later one is read as {other}."),
  msg("It is a COCO file: what its annotations mark, boxes and outlines within images, was not read. For one label for each image, import the images with a table of two columns, file name and label."),
  msg("{name} is named as an id, but the same value stands at many different items, so it was not used. The content of each item serves as its id."),
  msg("The last row, {name}, sums up the rows above it, so it was left out."),
  msg("The last row, {name}, looks like a total. It was taken as an item."),
  msg("The value begins with a quote that is never closed; the quote was kept in it."),
  msg("The row has the field {name} twice, with different values."),
  msg("A link that leads out of the folder or to a folder, or no plain file. Copy what is meant into the folder."),
];

interface Template {
  message: Message;
  names: string[];
  pattern: RegExp;
}

const NAME = /\{(\w+)\}/g;
let templates: Template[] | undefined;

/** The most words of its own first, so that a general template never takes a special sentence. */
function compiled(): Template[] {
  templates ??= SERVER_SENTENCES.map((message) => {
    const escaped = message.english.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
    return {
      message,
      names: [...message.english.matchAll(NAME)].map((one) => one[1] ?? ""),
      pattern: new RegExp(`^${escaped.replace(NAME, "(.+?)")}$`, "s"),
    };
  }).sort((a, b) => b.message.english.replace(NAME, "").length - a.message.english.replace(NAME, "").length);
  return templates;
}

/** What the server said, in the reader's language where it is known. */
export function said(sentence: string, language: string = LANGUAGE): string {
  if (language === "en") return sentence;
  for (const { message, names, pattern } of compiled()) {
    const found = pattern.exec(sentence);
    if (found) return t(message, Object.fromEntries(names.map((name, at) => [name, inside(found[at + 1] ?? "", language)])));
  }
  return sentence;
}

/** A value may be a sentence itself, such as the step of a round; a number is written as the language writes it. */
function inside(value: string, language: string): string {
  const number = /^(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(%?)$/.exec(value);
  if (!number) return said(value, language);
  const [, whole = "", rest = "", percent = ""] = number;
  const digits = Math.max(0, rest.length - 1);
  const written = new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(Number(whole.replaceAll(",", "") + rest));
  return percent ? `${written} %` : written;
}
