/** Everything in German; a file for each room of the house, and one for what the server says. */

import type { Catalogue } from "@/language/translate";

import app from "@/language/de/app.json";
import certificates from "@/language/de/certificates.json";
import labeling from "@/language/de/labeling.json";
import review from "@/language/de/review.json";
import server from "@/language/de/server.json";
import shared from "@/language/de/shared.json";
import training from "@/language/de/training.json";

const catalogue: Catalogue = { ...shared, ...server, ...labeling, ...training, ...review, ...certificates, ...app };

export default catalogue;
