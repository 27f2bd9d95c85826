/** Numbers, times and sizes in words; one place, so that a share looks the same everywhere. */

import { LANGUAGE } from "@/language/languages";

const whole = new Intl.NumberFormat(LANGUAGE);
const dateTime = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "medium", timeStyle: "short" });
const dateTimeUtc = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC", hourCycle: "h23" });

export const count = (n: number) => whole.format(n);

/** "1 item", "2 items". */
export const counted = (n: number, noun: string, plural = `${noun}s`) => `${count(n)} ${n === 1 ? noun : plural}`;

/** A share of 0 to 1 as percent. Never rounds up to 100% or down to 0% what is neither. */
export function percent(share: number | null | undefined, digits = 1): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return "–";
  const rounded = Number((share * 100).toFixed(digits));
  const step = 10 ** -digits;
  if (rounded >= 100 && share < 1) return `${(100 - step).toFixed(digits)}%`;
  if (rounded <= 0 && share > 0) return `<${step.toFixed(digits)}%`;
  return `${rounded.toFixed(rounded === 100 || rounded === 0 ? 0 : digits)}%`;
}

/** "96.2% (94.1% to 97.8%)": a measured share with its interval. */
export function percentWithin(share: number | null | undefined, low?: number | null, high?: number | null): string {
  if (low === null || low === undefined || high === null || high === undefined) return percent(share);
  return `${percent(share)} (${percent(low)} to ${percent(high)})`;
}

export const when = (time: string | null | undefined) => (time ? dateTime.format(new Date(time)) : "–");

/** The same for everybody, whatever clock they have: for what leaves the page. */
export const whenUtc = (time: string | null | undefined) => (time ? `${dateTimeUtc.format(new Date(time))} UTC` : "–");

export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
  if (seconds < 1) return "under a second";
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

export function secondsBetween(from: string | null, to: string | null): number | null {
  return from && to ? (Date.parse(to) - Date.parse(from)) / 1000 : null;
}

export function bytes(n: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = n;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** "best_share" as people read it: "best share". */
export const words = (name: string) => name.replaceAll("_", " ");

export const capitalized = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
