import { tc } from "@/language/translate";
import { words } from "@/ui/format";

/** A step of a round, by its name in the round's seconds. */
export function stepName(step: string): string {
  switch (step) {
    case "snapshot":
      return tc("step of a round", "snapshot");
    case "fit":
      return tc("step of a round", "fit");
    case "calibrate":
      return tc("step of a round", "calibrate");
    case "evaluate":
      return tc("step of a round", "evaluate");
    case "predict":
      return tc("step of a round", "predict");
    case "decide":
      return tc("step of a round", "decide");
    case "store":
      return tc("step of a round", "store");
    default:
      return words(step);
  }
}
