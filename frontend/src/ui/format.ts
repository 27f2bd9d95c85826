/** Numbers, times and sizes in words; one place, so that a share looks the same everywhere. */

import { LANGUAGE } from "@/language/languages";
import { msg, t } from "@/language/translate";

/** A format is made once: making one takes far longer than using it. */
function remembered(options: (digits: number) => Intl.NumberFormatOptions): (digits: number) => Intl.NumberFormat {
  const made: Intl.NumberFormat[] = [];
  return (digits) => (made[digits] ??= new Intl.NumberFormat(LANGUAGE, options(digits)));
}

const whole = new Intl.NumberFormat(LANGUAGE);
const dateTime = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "medium", timeStyle: "short" });
const dateTimeUtc = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC", hourCycle: "h23" });

export const count = (n: number) => whole.format(n);

/** With so many digits after the point; as it is in English, without separators of thousands. */
const fixed = remembered((digits) => ({ minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: false }));
const percentOf = remembered((digits) => ({ style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: false }));

/** 0.1234: a measured number with so many digits after the point. */
export const decimal = (n: number, digits: number) => fixed(digits).format(n);

/** As many digits as say something, of a number of any size: 1234, 0.01234, 1.234E-9. */
export const significant = (n: number, digits: number) =>
  new Intl.NumberFormat(LANGUAGE, {
    maximumSignificantDigits: digits,
    useGrouping: false,
    notation: n !== 0 && (Math.abs(n) < 1e-6 || Math.abs(n) >= 1e15) ? "scientific" : "standard",
  }).format(n);

/** The sign before the digits of a fraction. */
export const DECIMAL_SIGN = new Intl.NumberFormat(LANGUAGE).formatToParts(0.5).find((part) => part.type === "decimal")?.value ?? ".";

/** A number as somebody set it, with all its digits: "0.001", "1e-9". */
export const asSet = (n: number) => String(n).replace(".", DECIMAL_SIGN);

/** A share of 0 to 1 as percent. Never rounds up to 100% or down to 0% what is neither. */
export function percent(share: number | null | undefined, digits = 1): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return "–";
  const rounded = Number((share * 100).toFixed(digits));
  const step = 10 ** -digits;
  if (rounded >= 100 && share < 1) return percentOf(digits).format((100 - step) / 100);
  if (rounded <= 0 && share > 0) return `<${percentOf(digits).format(step / 100)}`;
  return percentOf(rounded === 100 || rounded === 0 ? 0 : digits).format(rounded / 100 + 0); // no "-0%"
}

/** "96.2% (94.1% to 97.8%)": a measured share with its interval. */
export function percentWithin(share: number | null | undefined, low?: number | null, high?: number | null): string {
  if (low === null || low === undefined || high === null || high === undefined) return percent(share);
  return t("{share} ({low} to {high})", { share: percent(share), low: percent(low), high: percent(high) });
}

export const when = (time: string | null | undefined) => (time ? dateTime.format(new Date(time)) : "–");

/** The same for everybody, whatever clock they have: for what leaves the page. */
export const whenUtc = (time: string | null | undefined) => (time ? `${dateTimeUtc.format(new Date(time))} UTC` : "–");

export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
  if (seconds < 1) return t("under a second");
  const s = Math.round(seconds);
  if (s < 60) return t("{s} s", { s });
  if (s < 3600) return t("{min} min {s} s", { min: Math.floor(s / 60), s: s % 60 });
  return t("{h} h {min} min", { h: Math.floor(s / 3600), min: Math.floor((s % 3600) / 60) });
}

export function secondsBetween(from: string | null, to: string | null): number | null {
  return from && to ? (Date.parse(to) - Date.parse(from)) / 1000 : null;
}

const SIZES = [msg("{n} B"), msg("{n} kB"), msg("{n} MB"), msg("{n} GB"), msg("{n} TB")] as const;

export function bytes(n: number): string {
  let value = n;
  let unit = 0;
  while (value >= 1000 && unit < SIZES.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return t(SIZES[unit] ?? SIZES[0], { n: decimal(value, unit === 0 || value >= 100 ? 0 : 1) });
}

/** "best_share" as people read it: "best share". */
export const words = (name: string) => name.replaceAll("_", " ");

export const capitalized = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
