/** How much waits in the queue, in words: large reasons are counted up to a limit. */

import type { Queue } from "@/api/types";
import { t } from "@/language/translate";
import { count } from "@/ui/format";

export const openCount = ({ n_open, is_all_counted }: Queue) => (is_all_counted ? count(n_open) : t("at least {n}", { n: count(n_open) }));
