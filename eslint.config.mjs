import js from "@eslint/js";
import globals from "globals";

const rules = {
  ...js.configs.recommended.rules,
  eqeqeq: "error",
  "func-style": ["error", "declaration", { allowArrowFunctions: true }],
  "no-console": "error",
  "no-implicit-globals": "error",
  "no-shadow": "error",
  "no-unused-expressions": ["error", { allowShortCircuit: true, allowTernary: true }],
  "no-var": "error",
  "object-shorthand": "error",
  "prefer-const": "error",
  "prefer-template": "error",
  // Prettier breaks lines of code; this holds comments and strings, too.
  "max-len": ["error", { code: 120, ignoreUrls: true }],
};

export default [
  { ignores: ["node_modules/", ".venv/", "var/", "bench/"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  { files: ["static/js/**/*.js"], languageOptions: { globals: globals.browser }, rules },
  {
    files: ["static/js/worker/**/*.js"],
    languageOptions: { sourceType: "script", globals: globals.serviceworker },
    rules: { ...rules, "no-implicit-globals": "off" },
  },
  {
    files: ["tests/**/*.mjs", "*.mjs"],
    languageOptions: { globals: globals.node },
    rules: { ...rules, "no-console": "off" },
  },
];
