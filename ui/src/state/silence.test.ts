import { describe, expect, test } from "vitest";
import type { Silence } from "../api";
import { en } from "../i18n/en";
import { zh } from "../i18n/zh";
import { link, status } from "./samples";
import { offers, ownSilence, silenceInWords } from "./silence";

const local = (text: string) => new Date(text).getTime();
const NOON = local("2026-03-01T12:00:00");

function silence(code: "mute" | "do_not_disturb" | "snooze" | "quiet_hours", until?: string) {
  const end = until === undefined ? null : new Date(until).toISOString();
  return { why: { code }, passes: null, until: end } as Silence;
}

describe("a silence in words", () => {
  test("says until when, with the day where that is another", () => {
    const said = (until: string, now = NOON) => silenceInWords(silence("snooze", until), now, en);
    expect(said("2026-03-01T15:04:00")).toBe("Silent until 15:04");
    expect(said("2026-03-02T00:00:00")).toBe("Silent until tomorrow 00:00");
    expect(said("2026-03-02T08:00:00")).toBe("Silent until tomorrow 08:00");
    expect(said("2026-03-05T08:00:00")).toBe("Silent until March 5 08:00");
    expect(said("2026-03-01T00:30:00", local("2026-02-28T23:50:00"))).toBe(
      "Silent until tomorrow 00:30",
    );
  });

  test("says what it is where it has no end", () => {
    expect(silenceInWords(silence("snooze"), NOON, en)).toBe("Silent until unlocked");
    expect(silenceInWords(silence("mute"), NOON, en)).toBe("Muted");
    const chinese = (until: string) => silenceInWords(silence("snooze", until), NOON, zh);
    expect(chinese("2026-03-01T15:04:00")).toBe("静默到 15:04");
    expect(chinese("2026-03-02T08:00:00")).toBe("静默到明天 08:00");
    expect(silenceInWords(silence("do_not_disturb"), NOON, zh)).toContain("请勿打扰");
    const hours = { ...silence("quiet_hours", "2026-03-02T07:30:00"), passes: 5 };
    expect(silenceInWords(hours, NOON, en)).toBe(
      "Quiet hours until tomorrow 07:30; priority 5 is shown",
    );
    expect(silenceInWords({ ...hours, passes: 4 }, NOON, en)).toContain("priority 4 and up");
    expect(silenceInWords({ ...hours, passes: null }, NOON, en)).not.toContain("priority");
  });
});

test("a link's own silence is told beside that of all", () => {
  const all = { ...status([]), silence: silence("snooze", "2026-03-01T15:04:00") };
  const one = (own: Silence | null) => ownSilence(link({ phase: "idle" }, { silence: own }), all);
  expect(one(silence("snooze", "2026-03-01T15:04:00"))).toBeNull();
  expect(one(silence("mute"))).toEqual(silence("mute"));
  expect(one(null)).toBeNull();
});

test("the unlock is offered where it is known, and the next morning by its day", () => {
  const labels = (locked: boolean | null, now: number) => {
    const known = status([]);
    known.agent.locked = locked;
    return offers(known, now, en).map((offer) => offer.label);
  };
  expect(labels(null, NOON)).toEqual(["For an hour", "Until tomorrow 8:00"]);
  expect(labels(false, local("2026-03-01T04:59:00"))).toEqual([
    "For an hour",
    "Until 8:00",
    "Until unlocked",
  ]);
});
