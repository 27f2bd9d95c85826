import { expect, test, vi } from "vitest";

import { bytes, count, decimal, duration, percent, percentWithin, significant, whenUtc } from "@/ui/format";

test("a share that is not quite all never reads as all, nor one that is not quite nothing as nothing", () => {
  expect(percent(0.99996)).toBe("99.9%");
  expect(percent(1)).toBe("100%");
  expect(percent(0.00001)).toBe("<0.1%");
  expect(percent(0)).toBe("0%");
  expect(percent(null)).toBe("–");
});

test("an interval is printed only where there is one", () => {
  expect(percentWithin(0.962, 0.941, 0.978)).toBe("96.2% (94.1% to 97.8%)");
  expect(percentWithin(0.962, null, null)).toBe("96.2%");
});

test("counts, times and sizes carry their unit", () => {
  expect(count(60000)).toBe("60,000");
  expect(duration(75)).toBe("1 min 15 s");
  expect(bytes(11_490_434)).toBe("11.5 MB");
});

test("a time that leaves the page names its zone", () => {
  expect(whenUtc("2026-11-21T13:05:00+01:00")).toBe("Nov 21, 2026, 12:05 UTC");
  expect(whenUtc(null)).toBe("–");
});

test("no number has a sign or separators that it had no need of", () => {
  expect(percent(-0.00001)).toBe("0%");
  expect(percent(-0.025)).toBe("-2.5%");
  expect(percent(12.5, 0)).toBe("1250%");
  expect(decimal(1234.5, 2)).toBe("1234.50");
  expect([1234.56, -0.012344, 0, 1.23456e-9].map((n) => significant(n, 4))).toEqual(["1235", "-0.01234", "0", "1.235E-9"]);
});

test("a reader of German finds numbers, shares, sizes and times as German writes them", async () => {
  vi.stubGlobal("navigator", { languages: ["de-DE"] });
  vi.resetModules();
  const german = await import("@/ui/format");
  (await import("@/language/translate")).setCatalogue((await import("@/language/de")).default);
  const shown = (text: string) => text.replaceAll("\u00a0", " ");

  expect(shown(german.percent(0.993))).toBe("99,3 %");
  expect(shown(german.percent(0.00001))).toBe("<0,1 %");
  expect(shown(german.percentWithin(0.962, 0.941, 0.978))).toBe("96,2 % (94,1 % bis 97,8 %)");
  expect([german.count(60_000), german.decimal(0.0625, 3)]).toEqual(["60.000", "0,063"]);
  expect([german.bytes(11_490_434), german.duration(75)]).toEqual(["11,5 MB", "1 min 15 s"]);
  expect(german.whenUtc("2026-11-21T13:05:00+01:00")).toBe("21.11.2026, 12:05 UTC");
  vi.unstubAllGlobals();
});
