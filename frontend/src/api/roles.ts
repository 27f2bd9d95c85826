/** What a role may do, as pages ask before they offer something. The server decides (labeling/web/permissions.py). */

import type { Role } from "@/api/types";

interface WithRole {
  role: Role;
}

/** Annotators answer blind: of single items they are shown their own words alone (labeling/blindness.py). */
export const answersBlind = ({ role }: WithRole) => role === "annotator";

/** Import, train, certify, settings. */
export const mayEngineer = ({ role }: WithRole) => role === "owner" || role === "engineer";

/** Decide disputes, relabel, withdraw what others said. */
export const mayReview = ({ role }: WithRole) => role === "owner" || role === "reviewer";

/** Send people samples, flags and examples: whoever may do either. */
export const mayEngineerOrReview = (who: WithRole) => mayEngineer(who) || mayReview(who);
