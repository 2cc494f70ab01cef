import { expect, test } from "vitest";
import type { HistoryEntry } from "../api";
import { wordsFor } from "../i18n";
import { ago, NOW, outage, span } from "./samples";
import {
  first,
  liveParts,
  markAt,
  marks,
  offered,
  part,
  rangeOf,
  shape,
  spans,
  ticks,
} from "./timeline";

const HOUR = 3600_000;
const day = { from: NOW - 24 * HOUR, to: NOW };
const WIDTH = 960;
const of = (entries: HistoryEntry[], range = day) => marks(entries, "a", range.from, range, WIDTH);

test("as much is offered as is known, and the day at least", () => {
  expect(offered(NOW - HOUR / 2, NOW)).toEqual(["hour", "day"]);
  expect(offered(NOW - 5 * HOUR, NOW)).toEqual(["hour", "day"]);
  expect(offered(NOW - 40 * HOUR, NOW)).toEqual(["hour", "day", "week"]);
  expect(offered(NOW - 24 * HOUR * 400, NOW)).toEqual(["hour", "day", "week", "quarter"]);
  expect([first(NOW - HOUR / 2, NOW), first(NOW - 9 * HOUR, NOW)]).toEqual(["hour", "day"]);
});

test("a range does not begin long before anything is known", () => {
  expect(rangeOf("quarter", NOW - 10 * HOUR, NOW).from).toBeCloseTo(NOW - 10.2 * HOUR, -5);
  expect(rangeOf("day", NOW - 400 * HOUR, NOW)).toEqual(day);
});

test("a part of a range is not shorter than a minute, and is one from left to right", () => {
  expect(part(day, 0.75, 0.5)).toEqual({ from: NOW - 12 * HOUR, to: NOW - 6 * HOUR });
  const close = part(day, 0.5, 0.5);
  expect(close.to - close.from).toBe(60_000);
  expect(part(day, -1, 2)).toEqual(day);
});

test("a mark is cut to the range, and never too narrow to be seen", () => {
  const [long] = of([outage({ noticed: ago(200_000), recovered: null })]);
  expect(long).toMatchObject({ kind: "lasts", x: 0, width: WIDTH });
  const [short] = of([outage({ noticed: ago(1), recovered: ago(0) })]);
  expect(short).toMatchObject({ kind: "network", width: 3, x: WIDTH - 3 });
  expect(of([outage({ noticed: ago(300_000), recovered: ago(200_000) })])).toEqual([]);
  expect(of([outage({ subscription: "b" })])).toEqual([]);
  expect(of([span()])[0]).toMatchObject({ kind: "away" });
});

test("nothing is claimed of the time before anything is known", () => {
  const since = NOW - 6 * HOUR;
  const asleep = span({ span: "asleep", from: ago(9 * 3600), to: ago(3 * 3600) });
  expect(marks([asleep], "a", since, day, WIDTH)).toMatchObject([{ x: 720, width: 120 }]);
  expect(marks([asleep], "a", NOW - HOUR, day, WIDTH)).toEqual([]);
});

test("what lies closer than can be seen is one mark, so that 5,000 outages are a bounded picture", () => {
  const many = Array.from({ length: 5_000 }, (_, n) =>
    outage({ id: n, noticed: ago(n * 17 + 5), recovered: ago(n * 17) }),
  );
  const found = of(many);
  expect(found.length).toBeLessThan(WIDTH / 4);
  expect(found.flatMap((mark) => mark.entries)).toHaveLength(5_000);
  const apart = of([
    outage({ id: 1, noticed: ago(3600), recovered: ago(3590) }),
    outage({ id: 2, noticed: ago(7200), recovered: ago(7190) }),
  ]);
  expect(apart).toHaveLength(2);
});

test("a link was live where it is known and nothing was wrong", () => {
  const found = of([outage({ noticed: ago(12 * 3600), recovered: ago(6 * 3600) })]);
  expect(liveParts(found, NOW - 18 * HOUR, day, WIDTH)).toEqual([
    { x: 240, width: 240 },
    { x: 720, width: 240 },
  ]);
  expect(liveParts([], NOW - 48 * HOUR, day, WIDTH)).toEqual([{ x: 0, width: WIDTH }]);
  expect(shape([{ x: 1, width: 2 }], 3, 4)).toBe("M1.0 3h2.0v4h-2.0z");
});

test("a hand need not be exact, and finds an outage rather than a sleep below it", () => {
  const found = of([
    outage({ noticed: ago(12 * 3600), recovered: ago(12 * 3600 - 60) }),
    span({ span: "asleep", from: ago(13 * 3600), to: ago(11 * 3600) }),
  ]);
  expect(markAt(found, 481)?.kind).toBe("network");
  expect(markAt(found, 450)?.kind).toBe("away");
  expect(markAt(found, 700)).toBe(null);
});

test.each(Object.entries(spans))("the axis of %s has a few lines at whole times", (_, span) => {
  for (const width of [200, 600, 1000]) {
    const found = ticks({ from: NOW - span, to: NOW }, width, wordsFor("en"));
    expect(found.length).toBeGreaterThan(0);
    expect(found.length).toBeLessThanOrEqual(width / 70);
    expect(found.every(({ x }) => x >= 0 && x <= width)).toBe(true);
  }
});
