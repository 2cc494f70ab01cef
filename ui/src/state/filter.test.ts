import { expect, test } from "vitest";
import { everything, isNarrow, marked, matches, query, unreadInWords } from "./filter";
import { message } from "./samples";

const one = message(1, {
  title: "Disk FULL",
  body: "/var has 12 MB left",
  tags: ["nas", "disk"],
  priority: 4,
  topic: "alerts",
});

test("what is asked of the agent is what is narrowed, and nothing else", () => {
  const now = new Date(2026, 2, 1, 15, 30).getTime();
  expect(query({ ...everything, search: "  " }, now)).toEqual({});
  expect(isNarrow({ ...everything, search: "  " })).toBe(false);
  const narrow = { search: "disk", subscription: "a", priority: 4, tag: "nas", unread: true };
  const since = new Date(2026, 1, 22).toISOString();
  expect(query({ ...narrow, days: 7 }, now)).toEqual({ ...narrow, since });
  expect(isNarrow({ ...everything, unread: true })).toBe(true);
});

test("a message that comes is listed where the agent would list it", () => {
  const is = (more: object) => matches({ ...everything, ...more }, one);
  expect(is({})).toBe(true);
  expect(is({ search: "full VAR" })).toBe(true);
  expect(is({ search: "alerts nas" })).toBe(true);
  expect(is({ search: "full absent" })).toBe(false);
  expect(is({ subscription: "b" })).toBe(false);
  expect(is({ priority: 5 })).toBe(false);
  expect(is({ priority: 4 })).toBe(true);
  expect(is({ tag: "dis" })).toBe(false);
  expect(is({ tag: "disk" })).toBe(true);
  expect(is({ unread: true })).toBe(true);
  expect(is({ days: 0 })).toBe(true);
  const old = { ...one, time: "2020-01-01T00:00:00Z", read: one.received };
  expect(matches({ ...everything, days: 365 }, old)).toBe(false);
  expect(matches({ ...everything, unread: true }, old)).toBe(false);
});

test("what was looked for is marked, whatever it is in a pattern", () => {
  const parts = (text: string, search: string) => marked(text, { ...everything, search });
  expect(parts("Disk full, disk", "disk")).toEqual(["", "Disk", " full, ", "disk", ""]);
  expect(parts("a.b ab", "a.b")).toEqual(["", "a.b", " ab"]);
  expect(parts("磁盘空间不足", "空间")).toEqual(["磁盘", "空间", "不足"]);
  expect(parts("plain", "")).toEqual(["plain"]);
});

test("what is unread is counted up to a bound", () => {
  expect([0, 1, 999, 1000].map(unreadInWords)).toEqual(["", "1", "999", "999+"]);
});
