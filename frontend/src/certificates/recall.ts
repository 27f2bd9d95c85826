/** How much of each true class the machine found, as far as the audits tell. No certificate promises it. */

import type { CertificateDocument } from "@/api/types";
import { clopperPearson, type Interval } from "@/ui/intervals";

export interface Recall {
  name: string;
  /** Audits that people gave this class, and those of them that the machine had put into it. */
  answered: number;
  found: number;
  /** Of the share found among all candidates of the class; 95%, exact. */
  interval: Interval;
}

/**
 * The audits are a uniform sample of the candidates, so those that people gave a class are one of its candidates.
 * A class that no audit was of has nothing found of nothing, and everything from 0 to 1 is possible.
 */
export function recalls({ audits, project }: Pick<CertificateDocument, "audits" | "project">): Recall[] {
  return project.classes.map((name) => {
    const ofClass = audits.filter(({ answered }) => answered === name);
    const found = ofClass.filter(({ predicted }) => predicted === name).length;
    return { name, answered: ofClass.length, found, interval: clopperPearson(found, ofClass.length) };
  });
}
