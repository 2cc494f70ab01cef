import { expect, test } from "vitest";
import type { HandlerRun, HistoryEntry, Share } from "../api";
import { wordsFor } from "../i18n";
import { facts, group, isIn, length, share, story, why } from "./history";
import { ago, NOW, outage, refused, span } from "./samples";

const en = wordsFor("en");
const plain = (text: string) => text.replaceAll("\u00a0", " ");

const closed = {
  class: "server",
  code: "end of stream",
  sentence: "It ended the stream.",
} as const;
const run: HandlerRun = {
  id: 1,
  handler: "router",
  on: "lost",
  subscription: "a",
  by_hand: false,
  at: ago(60),
  took_ms: 1000,
  ended: "code",
  code: 3,
  output: "",
};

test("an outage is a line: how long, why and then why, how often it was tried, what came after it", () => {
  const entry = outage({ cause: closed, latest: refused, attempts: 10, caught_up: 3 });
  expect(plain(length(entry, NOW, en))).toBe("1 min");
  expect(why(entry, en)).toBe("server closed, then connection refused");
  expect(facts(entry, en)).toEqual(["10 attempts", "3 caught up"]);
  expect(plain(length(outage({ recovered: null }), NOW, en))).toBe("10 min so far");
  expect(why(outage({ latest: refused }), en)).toBe("connection refused");
  expect(facts(outage({ attempts: 0 }), en)).toEqual([]);
});

test("a span and a run say what they were", () => {
  expect(why(span({ span: "asleep" }), en)).toBe("the computer slept");
  expect(why({ kind: "handler", ...run }, en)).toBe("handler router ended with code 3");
  expect(why({ kind: "handler", ...run, code: 0 }, en)).toBe("handler router did well");
});

test("the full story is told in order, and says what may be missing", () => {
  const entry = outage({ cause: closed, latest: refused, attempts: 2, caught_up: 1 });
  const told = story(entry, en).map((line) => line.replace(/\d\d:\d\d:\d\d/g, "T"));
  expect(told).toEqual([
    "T: last heard from",
    "T: It ended the stream.",
    "Later: http://a.example refused the connection.",
    "2 attempts to connect failed.",
    "T: connected again",
    "1 message that was sent meanwhile came afterwards.",
    "Nothing is known to be missing.",
  ]);
  const lasts = story(outage({ recovered: null, gap: true, attempts: 0, last_heard: null }), en);
  expect(lasts[1]).toBe("It is not back yet.");
  expect(lasts[2]).toMatch(/^Messages sent between \d\d:\d\d:\d\d and now may be missing for good/);
});

test("one that was paused or removed is not called connected again", () => {
  const of = (ended_by: "pause" | "removal") => story(outage({ ended_by, attempts: 0 }), en).at(-1);
  expect(of("pause")).toMatch(/: paused$/);
  expect(of("removal")).toMatch(/: removed$/);
});

test("each entry is somebody's doing, or nobody's", () => {
  const of = (entry: HistoryEntry) => group(entry);
  expect(of(outage())).toBe("network");
  expect(of(outage({ cause: closed }))).toBe("server");
  expect(of(outage({ cause: { ...closed, class: "local" } }))).toBe("own");
  expect(of(span())).toBe("own");
  expect(of(span({ span: "missed" }))).toBe(null);
  expect(of({ kind: "handler", ...run })).toBe(null);
});

test("a list is narrowed to a time, a subscription and a cause", () => {
  const all = { from: NOW - 3600_000, to: NOW };
  const every = { subscription: null, group: null };
  expect(isIn(outage(), all, every)).toBe(true);
  expect(isIn(outage(), { ...all, from: NOW - 60_000 }, every)).toBe(false);
  expect(isIn(outage({ recovered: null }), { ...all, from: NOW - 60_000 }, every)).toBe(true);
  expect(isIn(outage(), { ...all, to: NOW - 700_000 }, every)).toBe(false);
  expect(isIn(outage(), all, { ...every, subscription: "b" })).toBe(false);
  expect(isIn(span(), all, { ...every, subscription: "b" })).toBe(true);
  expect(isIn(outage(), all, { ...every, group: "server" })).toBe(false);
});

test.each([
  [0, 0, "–"],
  [100, 100, "100 %"],
  [99_999, 100_000, "99.99 %"],
  [99_123, 100_000, "99.12 %"],
  [98_999, 100_000, "98.9 %"],
  [5_550, 100_000, "5 %"],
  [0, 100_000, "0 %"],
])("%i of %i is %s: nothing that was lost is rounded away", (live_ms, followed_ms, text) => {
  const of: Share = { live_ms, followed_ms, outages: 0, longest_ms: 0, cause: null };
  expect(plain(share(of))).toBe(text);
});
