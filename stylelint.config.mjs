const COLOUR_FUNCTIONS = ["rgb", "rgba", "hsl", "hsla", "hwb", "lab", "lch", "oklab", "oklch", "color", "light-dark"];

const SIDE = String.raw`(?:[-\w.%]+|[-\w]+\([^()]*\))`;
const FOUR_SIDES = new RegExp(`^(?:${SIDE}\\s+){3}${SIDE}$`);

export default {
  extends: "stylelint-config-standard",
  reportNeedlessDisables: true,
  rules: {
    // Colours have names, and the names stand in tokens.css.
    "color-no-hex": true,
    "color-named": "never",
    "function-disallowed-list": COLOUR_FUNCTIONS,
    "declaration-no-important": true,
    // Sides follow the direction of writing: start and end, not left and right.
    "property-disallowed-list": [
      "left",
      "right",
      "float",
      "/^(scroll-)?(margin|padding)-(left|right)$/",
      "/^border-((top|bottom)-)?(left|right)(-|$)/",
    ],
    "declaration-property-value-disallowed-list": {
      "text-align": ["left", "right"],
      "/^(margin|padding|inset)$/": [FOUR_SIDES],
    },
    // Safari on phones knows this one by its old name only.
    "property-no-vendor-prefix": [true, { ignoreProperties: ["-webkit-text-size-adjust"] }],
    "value-keyword-case": ["lower", { ignoreKeywords: ["currentColor"], ignoreProperties: ["--serif", "--sans"] }],
    // Rules that belong together stand together.
    "rule-empty-line-before": null,
    "at-rule-empty-line-before": null,
    "declaration-empty-line-before": null,
    "custom-property-empty-line-before": null,
    "comment-empty-line-before": null,
    "no-descending-specificity": null,
  },
  overrides: [
    {
      files: ["**/tokens.css"],
      rules: { "color-no-hex": null, "function-disallowed-list": null },
    },
  ],
};
