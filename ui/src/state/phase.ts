// A link in plain words: what it does now, how loudly to say so, how fresh what it heard is.
import type { Link, Phase } from "../api";
import type { Words } from "../i18n";
import { age, at, countdown, duration } from "./time";

/** A dial that takes longer than most is told by its length. */
const LONG_DIAL_MS = 3_000;

/** `good` all is well, `busy` on the way, `bad` lost, `off` by the person's wish. */
export type Tone = "good" | "busy" | "bad" | "off";

export function tone(phase: Phase): Tone {
  switch (phase.phase) {
    case "streaming":
      return "good";
    case "dialing":
      return phase.attempt > 1 || phase.cause ? "bad" : "busy";
    case "backing_off":
    case "halted":
      return "bad";
    case "idle":
    case "paused":
      return "off";
  }
}

export function phaseInWords(phase: Phase, now: number, words: Words): string {
  switch (phase.phase) {
    case "idle":
      return words.phase.idle;
    case "dialing": {
      const spent = now - at(phase.since);
      const length = spent >= LONG_DIAL_MS ? duration(spent, words) : null;
      const text = length === null ? words.phase.dialing : words.phase.dialingFor(length);
      return phase.attempt > 1 ? words.phase.nth(text, phase.attempt) : text;
    }
    case "streaming":
      return words.phase.streaming;
    case "backing_off": {
      const left = at(phase.retry_at) - now;
      return left > 0 ? words.phase.retryIn(countdown(left, words)) : words.phase.retryNow;
    }
    case "paused":
      return words.phase.paused;
    case "halted":
      return words.phase.halted;
  }
}

/** Everything in one line, for the top of the page. */
export function headline(links: readonly Link[], words: Words): { text: string; tone: Tone } {
  const followed = links.filter((link) => link.phase.phase !== "paused");
  const live = followed.filter((link) => link.phase.phase === "streaming").length;
  const tones = new Set(followed.map((link) => tone(link.phase)));
  if (links.length === 0) return { text: words.headline.empty, tone: "off" };
  if (followed.length === 0) return { text: words.headline.paused, tone: "off" };
  if (live === followed.length) {
    const text = live === 1 ? words.headline.connected : words.headline.allConnected;
    return { text, tone: "good" };
  }
  const worst = tones.has("bad") ? "bad" : "busy";
  if (live > 0) return { text: words.headline.someConnected(live, followed.length), tone: worst };
  const text = worst === "busy" ? words.headline.connecting : words.headline.notConnected;
  return { text, tone: worst };
}

/** How the connections are, in one slim line: how many are live, how many are paused, and what is wrong with the
 * first that needs the person, else with the first that is away. */
export function summary(links: readonly Link[], words: Words): { text: string; tone: Tone } {
  const paused = links.filter((link) => link.phase.phase === "paused").length;
  const followed = links.length - paused;
  const live = links.filter((link) => link.phase.phase === "streaming").length;
  const parts = followed === 0 ? [] : [words.summary.live(live, followed)];
  if (paused > 0) parts.push(words.summary.paused(paused));
  const away = links.filter((link) => tone(link.phase) === "bad");
  const worst = away.find((link) => link.phase.phase === "halted") ?? away.find(refused) ?? away[0];
  if (worst) {
    const cause = "cause" in worst.phase ? worst.phase.cause : null;
    parts.push(cause ? `${worst.name}: ${cause.code}` : worst.name);
  }
  const tones = new Set(links.map((link) => tone(link.phase)));
  const all = (["bad", "busy", "good", "off"] as const).find((one) => tones.has(one)) ?? "off";
  return { text: parts.join(" · "), tone: all };
}

function refused(link: Link): boolean {
  return "cause" in link.phase && link.phase.cause?.class === "refused";
}

export interface Pulse {
  text: string;
  /** How much of the allowed silence has passed, 0 to 1; null where no limit is known. */
  spent: number | null;
  /** Whose limit it is; null where none is known. */
  source: string | null;
}

/** How long ago the link was heard, against when it is given up. Null when it does not stream. */
export function pulse(link: Link, now: number, words: Words): Pulse | null {
  if (link.phase.phase !== "streaming") return null;
  if (!link.last_heard) return { text: words.neverHeard, spent: null, source: null };
  const heard = at(link.last_heard);
  const silence = Math.max(0, now - heard);
  const ago = silence < 1000 ? words.heardNow : words.heard(age(silence, words));
  const deadline = link.heartbeat?.dead_at;
  if (!link.heartbeat || !deadline) {
    return { text: `${ago} · ${words.noHeartbeat}`, spent: null, source: null };
  }
  const allowed = Math.max(1, at(deadline) - heard);
  const limit = silence > allowed ? words.overdue : words.givenUp(duration(allowed, words));
  return {
    text: `${ago} · ${limit}`,
    spent: Math.min(1, silence / allowed),
    source: words.heartbeat[link.heartbeat.source],
  };
}
