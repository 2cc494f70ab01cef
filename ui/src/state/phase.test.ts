import { expect, test } from "vitest";
import type { Phase } from "../api";
import { wordsFor } from "../i18n";
import { headline, phaseInWords, pulse, tone } from "./phase";
import { ago, link, NOW, refused } from "./samples";

const en = wordsFor("en");
const plain = (text: string | undefined) => text?.replaceAll("\u00a0", " ");

const streaming: Phase = { phase: "streaming", since: ago(60), catching_up: false };
const dialing: Phase = { phase: "dialing", attempt: 1, since: ago(1), cause: null };
const backingOff: Phase = { phase: "backing_off", attempt: 2, retry_at: ago(-12), cause: refused };
const paused: Phase = { phase: "paused" };

test.each<[Phase, string]>([
  [{ phase: "idle" }, "Not started"],
  [dialing, "Connecting…"],
  [{ ...dialing, attempt: 3 }, "Connecting… (attempt 3)"],
  [{ ...dialing, attempt: 3, since: ago(12) }, "Connecting for 12 s… (attempt 3)"],
  [streaming, "Connected"],
  [backingOff, "Retrying in 12 s"],
  [{ ...backingOff, retry_at: ago(1) }, "Retrying now"],
  [paused, "Paused"],
  [{ phase: "halted", cause: refused }, "Stopped by the server"],
])("%o reads: %s", (phase, text) => {
  expect(plain(phaseInWords(phase, NOW, en))).toBe(text);
});

test("a first dial is no alarm, a repeated one is", () => {
  expect(tone(dialing)).toBe("busy");
  expect(tone({ ...dialing, attempt: 2 })).toBe("bad");
  expect(tone({ ...dialing, cause: refused })).toBe("bad");
});

test.each<[Phase[], string, string]>([
  [[], "Nothing is followed yet", "off"],
  [[streaming], "Connected", "good"],
  [[streaming, streaming], "All connected", "good"],
  [[streaming, paused], "Connected", "good"],
  [[streaming, backingOff], "1 of 2 connected", "bad"],
  [[streaming, dialing], "1 of 2 connected", "busy"],
  [[dialing], "Connecting…", "busy"],
  [[backingOff], "Not connected", "bad"],
  [[paused], "Paused", "off"],
])("%o make the headline: %s", (phases, text, tone) => {
  const links = phases.map((phase) => link(phase));
  expect(headline(links, en)).toEqual({ text, tone });
});

const heartbeat = { cadence_ms: 30_000, source: "learned", dead_at: ago(-38) } as const;

test("the silence is told against its limit", () => {
  const beat = pulse(link(streaming, { last_heard: ago(12), heartbeat }), NOW, en);
  expect(plain(beat?.text)).toBe("Heard 12 s ago · given up after 50 s");
  expect(beat?.spent).toBeCloseTo(0.24);
});

test("a limit that has passed is not a negative time", () => {
  const late = { ...heartbeat, dead_at: ago(2) };
  const beat = pulse(link(streaming, { last_heard: ago(52), heartbeat: late }), NOW, en);
  expect(beat?.spent).toBe(1);
  expect(plain(beat?.text)).toBe("Heard 52 s ago · overdue");
});

test("a server without heartbeat is said to be one", () => {
  const beat = pulse(link(streaming, { last_heard: ago(0) }), NOW, en);
  expect(beat).toEqual({ text: "Heard just now · no heartbeat known", spent: null, source: null });
});

test("a link that does not stream has no pulse", () => {
  expect(pulse(link(backingOff, { last_heard: ago(1), heartbeat }), NOW, en)).toBe(null);
});
