import { expect, test } from "vitest";

import german from "@/language/de/index";
import { said, SERVER_SENTENCES } from "@/ui/server-says";
import { setCatalogue } from "@/language/translate";

test("what the server says is said in the reader's language, with its values", () => {
  setCatalogue(german);
  try {
    expect(said("The last 3 rounds brought no gain on the holdout.", "de")).toBe("Die letzten 3 Runden brachten auf der Messmenge keinen Gewinn.");
    expect(said("round 1 of 3: fitting", "de")).toBe("Runde 1 von 3: Anpassen");
    expect(said("Accepted 1,204 of 10,000 predictions (12.0%).", "de")).toBe("1.204 von 10.000 Vorhersagen angenommen (12,0 %).");
    expect(said("Waiting for the storage (bucket labels) since 13:02 UTC: refused", "de")).toBe("Wartet seit 13:02 UTC auf den Speicher (Bucket labels): refused");
    expect(said("'sort' is taken for the label (its name says so). Is that right?", "de")).toBe("'sort' wird für das Label gehalten (ihr Name sagt es). Stimmt das?");
    expect(said("The row has 1 column where 12 are expected (delimiter ','). Quote fields that hold the delimiter.", "de")).toBe(
      "Die Zeile hat 1 Spalte, wo 12 erwartet werden (Trennzeichen ','). Setzen Sie Felder, die das Trennzeichen enthalten, in Anführungszeichen.",
    );
    expect(said("What nobody translated.", "de")).toBe("What nobody translated.");
    for (const { english } of SERVER_SENTENCES) {
      const filled = english.replace(/\{\w+\}/g, "7");
      expect(said(filled, "de"), english).not.toBe(filled);
    }
  } finally {
    setCatalogue({});
  }
});

test("in English nothing is changed", () => {
  expect(said("It did its one round.", "en")).toBe("It did its one round.");
});
