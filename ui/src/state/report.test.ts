import { expect, test } from "vitest";
import { wordsFor } from "../i18n";
import { report, stamp } from "./report";
import { ago, link, NOW, outage, refused, span } from "./samples";

const range = { from: NOW - 3600_000, to: NOW };
const en = wordsFor("en");
const of = (entries: Parameters<typeof report>[0]) =>
  report(entries, [link({ phase: "paused" })], range, en);

test("a report is for whoever runs the server: what was ours is left out", () => {
  const text = of([
    span({ span: "asleep" }),
    outage({ id: 3, cause: { ...refused, class: "local", sentence: "No route." } }),
    outage({ id: 2, latest: { ...refused, sentence: "It did not answer." } }),
    outage({ id: 4, subscription: "b" }),
  ]);
  const lines = text.trimEnd().split("\n");
  expect(lines[0]).toBe("Lost connections to A (http://a.example)");
  expect(lines[2]).toBe("1 in all, 1 min together.");
  expect(lines).toHaveLength(5);
  expect(lines[4]).toBe(
    `${stamp(NOW - 600_000)}  1 min (2 attempts)  http://a.example refused the connection. Later: It did not answer.`,
  );
});

test("nothing is said to be nothing, and much is cut", () => {
  expect(of([])).toMatch(/None\.\n$/);
  const many = Array.from({ length: 300 }, (_, id) => outage({ id }));
  expect(of(many)).toMatch(/100 earlier ones are left out\.\n$/);
});

test("a time is a whole one", () => {
  expect(stamp(NOW)).toMatch(/^2026-03-01 \d\d:\d\d:00 [+-]\d\d:\d\d$/);
});
