import { expect, test } from "vitest";

import { recalls } from "@/certificates/recall";

const audit = (predicted: string, answered: string | null) => ({ key: "a", rank: 1, predicted, answered, by: null, at: null });
const project = { id: 1, name: "p", question: "", item_type: "text", classes: ["ok", "fraud", "unseen"] };

test("of each true class it is told how many audits the machine had found, with an interval", () => {
  const audits = [
    ...Array.from({ length: 90 }, () => audit("ok", "ok")),
    ...Array.from({ length: 6 }, () => audit("ok", "fraud")),
    ...Array.from({ length: 4 }, () => audit("fraud", "fraud")),
    audit("fraud", null),
  ];
  const [ok, fraud, unseen] = recalls({ audits, project } as never);

  expect(ok).toMatchObject({ answered: 90, found: 90 });
  expect(ok?.interval[0]).toBeGreaterThan(0.95);
  expect(fraud).toMatchObject({ answered: 10, found: 4 });
  expect(fraud?.interval[0]).toBeCloseTo(0.1216, 3);
  expect(fraud?.interval[1]).toBeCloseTo(0.7376, 3);
  expect(unseen).toMatchObject({ answered: 0, found: 0, interval: [0, 1] });
});
