/** Unit tests read English. */

import { setCatalogue } from "@/language/translate";

setCatalogue({});
