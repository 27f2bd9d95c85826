import type { Reason } from "@/api/types";

/** Why an item is in the queue, in words and colours. */
export const REASONS: Record<Reason, { title: string; why: string; colour: string }> = {
  uncertain: { title: "Uncertain", why: "The model is unsure here: your answer teaches it most.", colour: "orange" },
  diverse: { title: "Diverse", why: "Unlike what is labeled so far.", colour: "grape" },
  random: { title: "Random", why: "Drawn at random, to measure how good the model is.", colour: "blue" },
  flagged: { title: "Flagged", why: "Somebody flagged it for a second look.", colour: "red" },
  picked: { title: "Picked", why: "Somebody picked it for people to label.", colour: "cyan" },
  grid: { title: "Grid", why: "One of many that the model says are of one class.", colour: "violet" },
  doubted: { title: "Marked wrong", why: "Somebody marked it in a grid as not what the model says.", colour: "orange" },
  below_cut: { title: "Below the cut", why: "A certificate leaves this one to people.", colour: "yellow" },
  second: { title: "Second answer", why: "A blind second answer, to measure how often people differ.", colour: "blue" },
  blind: { title: "Blind", why: "Asked without the model's guess, to measure.", colour: "blue" },
  audit: { title: "Audit", why: "A blind check of a label that was accepted: what the model said is hidden.", colour: "teal" },
};
