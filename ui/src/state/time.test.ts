import { expect, test } from "vitest";
import { wordsFor } from "../i18n";
import { age, byDay, countdown, day, duration } from "./time";

const en = wordsFor("en-GB");
const zh = wordsFor("zh-CN");
const plain = (text: string) => text.replaceAll("\u00a0", " ");

test.each([
  [0, "0 s"],
  [4_400, "4 s"],
  [59_600, "1 min"],
  [125_000, "2 min 5 s"],
  [3_600_000, "1 h"],
  [3_790_000, "1 h 3 min"],
  [187_200_000, "2 d 4 h"],
  [-5, "0 s"],
])("%i ms last %s", (ms, text) => {
  expect(plain(duration(ms, en))).toBe(text);
});

test("a duration speaks the person's language", () => {
  expect(plain(duration(125_000, zh))).toBe("2 分 5 秒");
});

test("an age is rounded down to one unit", () => {
  expect(plain(age(59_999, en))).toBe("59 s");
  expect(plain(age(179_000, en))).toBe("2 min");
});

test.each([
  [400, "1 s"],
  [12_000, "12 s"],
  [60_000, "1:00"],
  [605_000, "10:05"],
  [-3_000, "0 s"],
  [3_600_000, "1 h"],
])("with %i ms left the countdown says %s", (ms, text) => {
  expect(plain(countdown(ms, en))).toBe(text);
});

test("days have names, and years only when they differ", () => {
  const now = new Date(2026, 2, 1, 0, 30).getTime();
  expect(day(now - 60_000, now, en, "en-GB")).toBe("Today");
  expect(day(now - 3_600_000, now, en, "en-GB")).toBe("Yesterday");
  expect(day(new Date(2026, 1, 20).getTime(), now, en, "en-GB")).toBe("Friday 20 February");
  expect(day(new Date(2025, 1, 20).getTime(), now, zh, "zh-CN")).toBe("2025年2月20日星期四");
});

test("items of one day stay together in their order", () => {
  const days = byDay(
    [5, 4, 1],
    (n) => n,
    (n) => (n > 3 ? "late" : "early"),
  );
  expect(days).toEqual([
    { day: "late", items: [5, 4] },
    { day: "early", items: [1] },
  ]);
});
