// The colours of the page: by WCAG 2, text stands out 4.5:1 from what it stands on, graphics 3:1, in light and dark.
// What is disabled is exempt (WCAG 2.2, 1.4.3), and so are lines that only part what is parted by space as well.
import { expect, test } from "vitest";

const files: Record<string, string> = import.meta.glob(["../**/*.svelte", "../*.css"], {
  query: "?raw",
  import: "default",
  eager: true,
});
const css = files["../app.css"] ?? "";
const all = Object.values(files).join("\n");

/** What text stands on: the page, what lies above it, a row under the pointer, what was found. */
const BACKS = ["back", "raised", "hover"];

/** Each colour of a text, and the backs that it stands on. */
const TEXTS: [string, string[]][] = [
  ["text", [...BACKS, "found"]],
  ["soft", BACKS],
  ["accent", BACKS],
  ["good", BACKS],
  ["bad", [...BACKS, "bad-back"]],
  ["warn", [...BACKS, "warn-back"]],
  ["on-accent", ["accent"]],
  // What was deleted is said the other way round.
  ["back", ["text"]],
];

/** Each colour of a graphic or of a control's edge. */
const GRAPHICS: [string, string[]][] = [
  ["edge", BACKS],
  ...["live", "ended", "own", "lasts"].map((kind): [string, string[]] => [
    `mark-${kind}`,
    ["back", "raised"],
  ]),
  ...[0, 1, 2, 3, 4, 5, 6, 7].map((hue): [string, string[]] => [`h${hue}`, BACKS]),
];

/** Only parts, and says nothing. */
const LINES = ["line"];

function tokens(block: string): Map<string, string> {
  const set = block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g);
  return new Map([...set].map(([, name, colour]) => [name ?? "", colour ?? ""]));
}

const [light, dark] = [...css.matchAll(/:root \{([^}]*)\}/g)].map(([, block]) =>
  tokens(block ?? ""),
);
const looks: [string, Map<string, string>][] = [
  ["light", light ?? new Map<string, string>()],
  ["dark", new Map([...(light ?? []), ...(dark ?? [])])],
];

/** WCAG 2.2, "relative luminance". */
function luminance(colour: string): number {
  const parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
  const [red = 0, green = 0, blue = 0] = parts.map((part) =>
    part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** WCAG 2.2, "contrast ratio". */
function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

test("the formula is WCAG's", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21);
  // As its best known border case is given.
  expect(contrast("#767676", "#ffffff")).toBeCloseTo(4.54, 2);
});

const cases = looks.flatMap(([look, colours]) =>
  [
    ...TEXTS.map((pair) => [pair, 4.5] as const),
    ...GRAPHICS.map((pair) => [pair, 3] as const),
  ].flatMap(([[front, backs], least]) =>
    backs.map((back) => [look, front, back, least, colours] as const),
  ),
);

test.each(cases)("%s: %s on %s has %d:1", (_, front, back, least, colours) => {
  const pair = [colours.get(front) ?? front, colours.get(back) ?? back] as const;
  expect(contrast(...pair)).toBeGreaterThanOrEqual(least);
});

test("every colour is looked at here, is set in light, and is used", () => {
  const known = new Set([...TEXTS, ...GRAPHICS].flatMap(([front, backs]) => [front, ...backs]));
  const set = new Set(looks.flatMap(([, colours]) => [...colours.keys()]));
  expect([...set].sort()).toEqual([...known, ...LINES].sort());
  expect([...set].filter((name) => !light?.has(name))).toEqual([]);
  expect([...set].filter((name) => !all.includes(`var(--${name})`))).toEqual([]);
});

test("no colour is written anywhere else, but shadows", () => {
  const rest = all.replace(/:root \{[^}]*\}/g, "");
  const colours = rest.match(/#[0-9a-f]{3,8}\b|rgba?\([^)]*\)|hsla?\([^)]*\)/gi) ?? [];
  expect(colours.filter((colour) => !/^rgb\(0 0 0 \/ 0\.\d+\)$/.test(colour))).toEqual([]);
});
