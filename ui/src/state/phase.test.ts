import { expect, test } from "vitest";
import failures from "../../../src-tauri/crates/engine/src/failure.rs?raw";
import type { Cause, Link, Phase } from "../api";
import { wordsFor } from "../i18n";
import {
  away,
  headline,
  kept,
  ordered,
  phaseInWords,
  remedies,
  silent,
  standsAs,
  summary,
  tone,
} from "./phase";
import { ago, link, NOW, refused } from "./samples";

const en = wordsFor("en");
const plain = (text: string | undefined) => text?.replaceAll("\u00a0", " ");

const unauthorized: Cause = { class: "refused", code: "HTTP 401", sentence: "It wants a token." };
const streaming: Phase = { phase: "streaming", since: ago(60), catching_up: false };
const dialing: Phase = { phase: "dialing", attempt: 1, since: ago(1), cause: null };
const backingOff: Phase = { phase: "backing_off", attempt: 2, retry_at: ago(-12), cause: refused };
const denied: Phase = { ...backingOff, cause: unauthorized };
const halted: Phase = { phase: "halted", cause: refused };
const paused: Phase = { phase: "paused" };

test.each<[Phase, string, string, string]>([
  [{ phase: "idle" }, "trying", "busy", "not started"],
  [dialing, "trying", "busy", "connecting…"],
  [{ ...dialing, cause: refused }, "trying", "warn", "trying"],
  [{ ...dialing, cause: unauthorized }, "needs", "bad", "needs you"],
  [streaming, "live", "good", "live · 8 s ago"],
  [{ ...streaming, catching_up: true }, "live", "good", "live · catching up"],
  [backingOff, "trying", "warn", "trying"],
  [denied, "needs", "bad", "needs you"],
  [halted, "needs", "bad", "needs you"],
  [paused, "paused", "off", "paused"],
])("%o stands as %s, %s: %s", (phase, stands, loud, text) => {
  expect(standsAs(phase)).toBe(stands);
  expect(tone(phase)).toBe(loud);
  expect(plain(phaseInWords(link(phase, { last_heard: ago(8) }), NOW, en))).toBe(text);
});

test("what was never heard is live and says no more", () => {
  expect(phaseInWords(link(streaming), NOW, en)).toBe("live");
  expect(phaseInWords(link(streaming, { last_heard: ago(0) }), NOW, en)).toBe("live · just now");
});

const facts = (phase: Phase, lost: string | null = ago(480)) =>
  away(link(phase, { lost }), NOW, en)
    .map(plain)
    .map((text) => text?.replace(/\d\d:\d\d/, "HH:MM"));

test("what is away says since when, how often it was tried, and when it is next", () => {
  expect(facts(backingOff)).toEqual(["since HH:MM", "2 attempts failed", "next try in 12 s"]);
  expect(facts({ ...backingOff, attempt: 1, retry_at: ago(1) }, null)).toEqual(["trying now"]);
  expect(facts({ ...dialing, attempt: 3, cause: refused, since: ago(9) })).toEqual([
    "since HH:MM",
    "2 attempts failed",
    "trying for 9 s",
  ]);
  expect(facts(halted)).toEqual(["since HH:MM", "not tried again by itself"]);
  expect(facts(backingOff, ago(86_400 * 3))[0]).toBe("since Feb 26 HH:MM");
  expect(facts(dialing)).toEqual([]);
});

test("a remedy is offered where it helps, and none that leads nowhere", () => {
  expect(remedies(denied, true)).toEqual(["token", "retry"]);
  expect(remedies(denied, false)).toEqual(["retry"]);
  expect(remedies({ ...denied, cause: { ...unauthorized, code: "elsewhere" } }, true)).toEqual([
    "address",
    "retry",
  ]);
  expect(remedies(halted, true)).toEqual(["retry"]);
  expect(remedies({ ...dialing, cause: refused }, true)).toEqual([]);
  expect(remedies(streaming, true)).toEqual([]);
});

const named = (subscription: string, phase: Phase) =>
  link(phase, { subscription, name: subscription });
const keys = (links: Link[]) => links.map((one) => one.subscription);

test("what needs the person is on top, then what is tried, live and paused", () => {
  const links = [
    named("paused", paused),
    named("live", streaming),
    named("live too", streaming),
    named("trying", backingOff),
    named("denied", denied),
  ];
  expect(ordered(links)).toEqual(["denied", "trying", "live", "live too", "paused"]);
});

test("an order that is kept moves nothing, drops what is gone and ends with what is new", () => {
  const links = [named("new", denied), named("b", denied), named("a", streaming)];
  expect(keys(kept(links, ["a", "gone", "b"]))).toEqual(["a", "b", "new"]);
});

test.each<[Phase[], string, string]>([
  [[], "Nothing is followed yet", "off"],
  [[streaming], "Live", "good"],
  [[streaming, streaming, paused], "All live", "good"],
  [[streaming, backingOff], "1 of 2 trying", "warn"],
  [[streaming, dialing], "1 of 2 trying", "busy"],
  [[dialing], "Trying to connect", "busy"],
  [[denied, backingOff, halted], "2 need you", "bad"],
  [[paused], "Paused", "off"],
])("%o make the headline: %s", (phases, text, tone) => {
  expect(
    headline(
      phases.map((phase) => link(phase)),
      en,
    ),
  ).toEqual({ text, tone });
});

test("the slim line names what is worst, in words", () => {
  const links = [named("News", backingOff), named("Secret", denied), named("Old", paused)];
  expect(summary(links, en)).toEqual({
    text: "0 of 2 live · 1 paused · Secret: access refused",
    tone: "bad",
  });
  expect(summary(links.slice(0, 1), en).tone).toBe("warn");
});

const heartbeat = { cadence_ms: 30_000, source: "learned", dead_at: ago(-38) } as const;

test("a silence is told against its limit", () => {
  const beat = silent(link(streaming, { last_heard: ago(12), heartbeat }), NOW, en);
  expect(plain(beat?.text)).toBe("silent for 12 s, dropped after 50 s");
  expect(beat?.spent).toBeCloseTo(0.24);
  const late = { ...heartbeat, dead_at: ago(2) };
  expect(silent(link(streaming, { last_heard: ago(52), heartbeat: late }), NOW, en)).toEqual({
    text: "overdue",
    spent: 1,
  });
  expect(silent(link(streaming, { last_heard: ago(0) }), NOW, en)).toBe(null);
  expect(silent(link(backingOff, { last_heard: ago(1), heartbeat }), NOW, en)).toBe(null);
});

test.each(["en", "zh"])("every reason that the agent may give has its few words in %s", (tag) => {
  const codes = [...failures.matchAll(/=> "([^"]+)"\.into\(\)/g)].map((match) => match[1]!);
  const { cause } = wordsFor(tag).links;
  // These say it well enough themselves.
  const plain = tag === "en" ? ["network changed", "connection refused", "connection reset"] : [];
  expect(codes.filter((code) => cause(code) === code)).toEqual(plain);
  expect(cause("HTTP 503")).toContain("503");
  expect(cause("HTTP 418")).toBe("HTTP 418");
});
