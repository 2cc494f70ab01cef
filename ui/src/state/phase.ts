// A link in plain words: how it stands, how loudly to say so, and what there is to do about it.
import type { Cause, Link, Phase } from "../api";
import type { Words } from "../i18n";
import { age, at, clock, countdown, dayNumber, duration, formatOf } from "./time";

/** A dial that takes longer than most is told by its length. */
const LONG_DIAL_MS = 3_000;

/** `needs` the person, or goes on by itself: `trying`, `live`; `paused` by their wish. In the order of a list. */
export const stands = ["needs", "trying", "live", "paused"] as const;
export type Stands = (typeof stands)[number];

/** `good` all is well, `busy` on the way for the first time, `warn` lost, `bad` it needs the person, `off` by their
 * wish. */
export type Tone = "good" | "busy" | "warn" | "bad" | "off";

/** Why a link is not live; null where it is, or none is known. */
export function causeOf(phase: Phase): Cause | null {
  return "cause" in phase ? phase.cause : null;
}

export function standsAs(phase: Phase): Stands {
  switch (phase.phase) {
    case "streaming":
      return "live";
    case "paused":
      return "paused";
    case "halted":
      return "needs";
    case "idle":
    case "dialing":
    case "backing_off":
      return endsByItself(causeOf(phase)) ? "trying" : "needs";
  }
}

/** What a server, or a rule of ours, refuses, and what cannot be read stays so until somebody acts. */
function endsByItself(cause: Cause | null): boolean {
  return cause?.class !== "refused" && cause?.class !== "protocol";
}

export function tone(phase: Phase): Tone {
  switch (standsAs(phase)) {
    case "live":
      return "good";
    case "paused":
      return "off";
    case "needs":
      return "bad";
    case "trying":
      return causeOf(phase) ? "warn" : "busy";
  }
}

/** How a link stands, in a word or two. */
export function phaseInWords(link: Link, now: number, words: Words): string {
  const { phase } = link;
  switch (standsAs(phase)) {
    case "live":
      return phase.phase === "streaming" && phase.catching_up
        ? `${words.links.live} · ${words.links.catchingUp}`
        : [words.links.live, heard(link, now, words)].filter(Boolean).join(" · ");
    case "paused":
      return words.links.paused;
    case "needs":
      return words.links.needsYou;
    case "trying":
      if (phase.phase === "idle") return words.links.notStarted;
      return causeOf(phase) ? words.links.trying : words.links.connecting;
  }
}

/** How long ago a link was heard; empty where it was not. */
function heard(link: Link, now: number, words: Words): string {
  if (!link.last_heard) return "";
  const ago = now - at(link.last_heard);
  return ago < 1000 ? words.links.justNow : words.links.ago(age(ago, words));
}

/** Of a link that is away: since when, how often it was tried, and when it is tried next. */
export function away(link: Link, now: number, words: Words): string[] {
  const { phase } = link;
  if (!causeOf(phase)) return [];
  const facts: string[] = [];
  if (link.lost) facts.push(words.links.since(moment(at(link.lost), now, words)));
  if ("attempt" in phase && failed(phase) > 1) facts.push(words.links.attempts(failed(phase)));
  facts.push(next(phase, now, words));
  return facts;
}

function failed(phase: { phase: string; attempt: number }): number {
  return phase.phase === "backing_off" ? phase.attempt : phase.attempt - 1;
}

function next(phase: Phase, now: number, words: Words): string {
  switch (phase.phase) {
    case "backing_off": {
      const left = at(phase.retry_at) - now;
      return left > 0 ? words.links.nextIn(countdown(left, words)) : words.links.tryingNow;
    }
    case "dialing": {
      const spent = now - at(phase.since);
      return spent < LONG_DIAL_MS
        ? words.links.tryingNow
        : words.links.tryingFor(duration(spent, words));
    }
    default:
      return words.links.notAgain;
  }
}

/** `02:52`, or with its date where that was another day. */
export function moment(ms: number, now: number, words: Words): string {
  if (dayNumber(ms) === dayNumber(now)) return clock(ms);
  const date = formatOf(words.lang, { month: "short", day: "numeric" });
  return `${date.format(ms)} ${clock(ms)}`;
}

/** What there is to do about a link that is away: the first is what its cause asks for. */
export type Remedy = "token" | "address" | "retry";

const TOKEN = ["HTTP 401", "HTTP 403", "credential refused", "credential"];
const ADDRESS = ["HTTP 404", "content type", "incomplete", "elsewhere", "other protocol"];

export function remedies(phase: Phase, canEdit: boolean): Remedy[] {
  const cause = causeOf(phase);
  const found: Remedy[] = [];
  if (!cause) return found;
  if (canEdit && TOKEN.includes(cause.code)) found.push("token");
  if (canEdit && ADDRESS.includes(cause.code) && standsAs(phase) === "needs") found.push("address");
  if (phase.phase === "backing_off" || phase.phase === "halted") found.push("retry");
  return found;
}

/** The keys in the order of a list: what needs the person first; in that, the order of the settings. */
export function ordered(links: readonly Link[]): string[] {
  const place = (link: Link) => stands.indexOf(standsAs(link.phase));
  return links.toSorted((a, b) => place(a) - place(b)).map((link) => link.subscription);
}

/** The same links in an order that was shown before: while somebody reads the list or is about to press something,
 * nothing moves. New ones come last. */
export function kept(links: readonly Link[], order: readonly string[]): Link[] {
  const place = (link: Link) => {
    const at = order.indexOf(link.subscription);
    return at < 0 ? order.length : at;
  };
  return links.toSorted((a, b) => place(a) - place(b));
}

/** Everything in one line, for the top of the page. */
export function headline(links: readonly Link[], words: Words): { text: string; tone: Tone } {
  const { head } = words.links;
  const count = (wanted: Stands) => links.filter((link) => standsAs(link.phase) === wanted).length;
  const followed = links.length - count("paused");
  if (links.length === 0) return { text: head.empty, tone: "off" };
  if (followed === 0) return { text: head.paused, tone: "off" };
  if (count("needs") > 0) return { text: head.needs(count("needs")), tone: "bad" };
  const trying = count("trying");
  if (trying > 0) {
    const isLost = links.some((link) => tone(link.phase) === "warn");
    return { text: head.trying(trying, followed), tone: isLost ? "warn" : "busy" };
  }
  return { text: followed === 1 ? head.live : head.allLive, tone: "good" };
}

/** How the connections are, in one slim line: how many are live, how many are paused, and what is wrong with the
 * first that needs the person, else with the first that is away. */
export function summary(links: readonly Link[], words: Words): { text: string; tone: Tone } {
  const paused = links.filter((link) => link.phase.phase === "paused").length;
  const followed = links.length - paused;
  const live = links.filter((link) => link.phase.phase === "streaming").length;
  const parts = followed === 0 ? [] : [words.summary.live(live, followed)];
  if (paused > 0) parts.push(words.summary.paused(paused));
  const of = (wanted: Tone) => links.find((link) => tone(link.phase) === wanted);
  const worst = of("bad") ?? of("warn");
  if (worst) {
    const cause = causeOf(worst.phase);
    parts.push(cause ? `${worst.name}: ${words.links.cause(cause.code)}` : worst.name);
  }
  const tones = new Set(links.map((link) => tone(link.phase)));
  const order = ["bad", "warn", "busy", "good", "off"] as const;
  return { text: parts.join(" · "), tone: order.find((one) => tones.has(one)) ?? "off" };
}

export interface Silent {
  text: string;
  /** How much of the allowed silence has passed, 0 to 1. */
  spent: number;
}

/** How long a link was silent against how long it may be. Null where it does not stream or no limit is known. */
export function silent(link: Link, now: number, words: Words): Silent | null {
  const deadline = link.heartbeat?.dead_at;
  if (link.phase.phase !== "streaming" || !link.last_heard || !deadline) return null;
  const heard = at(link.last_heard);
  const spent = Math.max(0, now - heard);
  const allowed = Math.max(1, at(deadline) - heard);
  const text =
    spent > allowed
      ? words.links.overdue
      : words.links.silentFor(age(spent, words), duration(allowed, words));
  return { text, spent: Math.min(1, spent / allowed) };
}
