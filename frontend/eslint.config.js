import js from "@eslint/js";
import reactHooks from "eslint-plugin-react-hooks";
import globals from "globals";
import tseslint from "typescript-eslint";

// Imports run one way: shared (language, api, keys, ui) -> labeling -> training -> review -> certificates -> app.
const ORDER = ["labeling", "training", "review", "certificates", "app"];
const above = (room) => ORDER.slice(ORDER.indexOf(room) + 1);
const oneWay = (files, rooms) => ({
  files,
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: rooms.map((room) => ({
          group: [`@/${room}/*`, `**/../${room}/*`],
          message: `Imports run one way: shared -> ${ORDER.join(" -> ")}.`,
        })),
      },
    ],
  },
});

export default tseslint.config(
  { ignores: ["dist", "node_modules", "src/api/schema.d.ts"] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  reactHooks.configs.flat["recommended-latest"],
  { languageOptions: { globals: { ...globals.browser, ...globals.node } } },
  {
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "no-console": "error",
      eqeqeq: "error",
    },
  },
  oneWay(["src/{api,keys,language,ui}/**/*.{ts,tsx}"], ORDER),
  oneWay(["src/labeling/**/*.{ts,tsx}"], above("labeling")),
  oneWay(["src/training/**/*.{ts,tsx}"], above("training")),
  oneWay(["src/review/**/*.{ts,tsx}"], above("review")),
  oneWay(["src/certificates/**/*.{ts,tsx}"], above("certificates")),
);
