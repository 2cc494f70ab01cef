import { expect, test } from "vitest";
import { moved, painted, readWeek, SLOTS, spans, timeOf, writeWeek } from "./week";

const empty = readWeek(Array.from({ length: 7 }, () => "0".repeat(SLOTS)));

test("a week is read and written", () => {
  const days = empty.map((_, day) => "01".repeat(24).slice(day % 2) + (day % 2 ? "0" : ""));
  expect(writeWeek(readWeek(days))).toEqual(days);
});

test("all between two cells is painted, whichever comes first", () => {
  const week = painted(empty, { day: 2, slot: 4 }, { day: 1, slot: 2 }, true);
  expect(week.map(spans)).toEqual([[], [["1:00", "2:30"]], [["1:00", "2:30"]], [], [], [], []]);
  expect(painted(week, { day: 0, slot: 0 }, { day: 6, slot: 47 }, false)).toEqual(empty);
});

test.each([
  ["ArrowLeft", { day: 0, slot: 0 }],
  ["ArrowRight", { day: 0, slot: 1 }],
  ["ArrowUp", { day: 0, slot: 0 }],
  ["ArrowDown", { day: 1, slot: 0 }],
  ["End", { day: 0, slot: 47 }],
])("%s leads within the week", (key, to) => {
  expect(moved({ day: 0, slot: 0 }, key)).toEqual(to);
});

test("other keys lead nowhere", () => {
  expect(moved({ day: 0, slot: 0 }, "a")).toBeNull();
});

test("times are those of a clock, and a day ends at 24:00", () => {
  expect([0, 1, 15, 47, 48].map(timeOf)).toEqual(["0:00", "0:30", "7:30", "23:30", "24:00"]);
  expect(spans(Array.from({ length: SLOTS }, () => true))).toEqual([["0:00", "24:00"]]);
});
