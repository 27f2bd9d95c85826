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

// Rooms whose every visible text goes through t(), plural() or rich(): docs/languages.md.
const TRANSLATED = ["api", "keys", "language", "ui", "labeling", "training", "review", "certificates", "app"];
const VISIBLE = "/^(title|short|group|label|name|note|hint|question|confirmLabel|doneLabel|placeholder|description|alt|what|noun|aria-(label|description|roledescription|valuetext))$/";
const LETTERS = "/\\p{Ll}/u"; // names such as CSV are the same everywhere
const SAID_IN_CODE = "/^(Code|Kbd|code|kbd|style)$/"; // what is typed or computed
const textIn = (place) => [
  `${place} > Literal[value=${LETTERS}]`,
  `${place} > TemplateLiteral > TemplateElement[value.raw=${LETTERS}]`,
  `${place} > :matches(ConditionalExpression, LogicalExpression) > Literal[value=${LETTERS}]`,
  `${place} > :matches(ConditionalExpression, LogicalExpression) > TemplateLiteral > TemplateElement[value.raw=${LETTERS}]`,
];
const isTranslated = {
  files: TRANSLATED.map((room) => `src/${room}/**/*.{ts,tsx}`),
  ignores: ["**/*.test.ts"],
  rules: {
    "no-restricted-syntax": [
      "error",
      ...[
        `:matches(JSXFragment, JSXElement:not([openingElement.name.name=${SAID_IN_CODE}])) > JSXText[value=${LETTERS}]`,
        ...textIn(`:matches(JSXFragment, JSXElement:not([openingElement.name.name=${SAID_IN_CODE}])) > JSXExpressionContainer`),
        ...textIn(`JSXAttribute[name.name=${VISIBLE}]`),
        ...textIn(`JSXAttribute[name.name=${VISIBLE}] > JSXExpressionContainer`),
        ...textIn(`Property[key.name=/^(title|short|group|label|note|hint|placeholder|description)$/]`),
      ].map((selector) => ({ selector, message: "People read this: say it through t(), plural() or rich(), or msg() in a constant (docs/languages.md)." })),
    ],
  },
};

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
  isTranslated,
  oneWay(["src/{api,keys,language,ui}/**/*.{ts,tsx}"], ORDER),
  oneWay(["src/labeling/**/*.{ts,tsx}"], above("labeling")),
  oneWay(["src/training/**/*.{ts,tsx}"], above("training")),
  oneWay(["src/review/**/*.{ts,tsx}"], above("review")),
  oneWay(["src/certificates/**/*.{ts,tsx}"], above("certificates")),
);
