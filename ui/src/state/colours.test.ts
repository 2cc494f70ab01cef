import { expect, test } from "vitest";
import css from "../app.css?raw";

/** The tokens of a theme; the dark one stands second. */
function tokens(dark: boolean): Map<string, string> {
  const blocks = [...css.matchAll(/:root \{([^}]*)\}/g)].map((match) => match[1]!);
  const text = dark ? blocks.join("\n") : blocks[0]!;
  return new Map(
    [...text.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map((match) => [match[1]!, match[2]!]),
  );
}

function luminance(colour: string): number {
  const parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
  const [red, green, blue] = parts.map((part) =>
    part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

/** WCAG 2.2, 1.4.3. */
function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light! + 0.05) / (dark! + 0.05);
}

const text = ["text", "soft", "accent", "good", "bad", "warn"];

test.each([false, true])(
  "text has a contrast of 4.5 to what it stands on, and graphics of 3 (dark: %s)",
  (dark) => {
    const of = tokens(dark);
    const grounds = ["back", "raised"].map((name) => of.get(name)!);
    const graphics = [...of.keys()].filter((name) => /^(mark-|h\d|edge$)/.test(name));
    expect(graphics.length).toBeGreaterThan(8);
    const low = [
      ...text.map((name) => [name, 4.5] as const),
      ...graphics.map((name) => [name, 3] as const),
    ].filter(([name, least]) => grounds.some((ground) => contrast(of.get(name)!, ground) < least));
    expect(low.map(([name]) => name)).toEqual([]);
    expect(contrast(of.get("on-accent")!, of.get("accent")!)).toBeGreaterThan(4.5);
    expect(contrast(of.get("bad")!, of.get("bad-back")!)).toBeGreaterThan(4.5);
    expect(contrast(of.get("warn")!, of.get("warn-back")!)).toBeGreaterThan(4.5);
  },
);
