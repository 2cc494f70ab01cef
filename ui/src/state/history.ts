// The entries of the reconnection history in words: a line each, and the full story.
import type { HandlerRun, HistoryEntry, Outage, Share } from "../api";
import type { Words } from "../i18n";
import { at, clockSeconds, duration } from "./time";

export interface Stretch {
  from: number;
  /** Null while it lasts. */
  to: number | null;
}

export function stretch(entry: HistoryEntry): Stretch {
  if (entry.kind === "handler") return { from: at(entry.at), to: at(entry.at) + entry.took_ms };
  return entry.kind === "outage"
    ? { from: at(entry.noticed), to: (entry.recovered && at(entry.recovered)) || null }
    : { from: at(entry.from), to: (entry.to && at(entry.to)) || null };
}

/** Names an entry; ids are of their kind alone. */
export const nameOf = (entry: HistoryEntry): string => `${entry.kind}-${entry.id}`;

/** Whose doing it was; null of what is nobody's. */
export const groups = ["server", "network", "refused", "own"] as const;
export type Group = (typeof groups)[number];

export function group(entry: HistoryEntry): Group | null {
  if (entry.kind === "handler") return null;
  if (entry.kind === "span") return entry.span === "missed" ? null : "own";
  switch (entry.cause.class) {
    case "local":
      return "own";
    case "refused":
    case "network":
      return entry.cause.class;
    case "server":
    case "routine":
    case "protocol":
      return "server";
  }
}

/** What a list is narrowed to. */
export interface Narrowed {
  subscription: string | null;
  group: Group | null;
}

/** Whether an entry belongs into a list: to the time, the subscription and the cause that it is narrowed to. */
export function isIn(
  entry: HistoryEntry,
  range: { from: number; to: number },
  narrowed: Narrowed,
): boolean {
  const { from, to } = stretch(entry);
  return (
    from <= range.to &&
    (to === null || to >= range.from) &&
    (narrowed.subscription === null ||
      entry.subscription === null ||
      entry.subscription === narrowed.subscription) &&
    (narrowed.group === null || group(entry) === narrowed.group)
  );
}

/** How long it was, or is until now. */
export function length(entry: HistoryEntry, now: number, words: Words): string {
  const { from, to } = stretch(entry);
  const text = duration(Math.max(0, (to ?? Math.max(now, from)) - from), words);
  return to === null ? `${text} ${words.outages.lasts}` : text;
}

/** Why, in a few words. */
export function why(entry: HistoryEntry, words: Words): string {
  if (entry.kind === "handler") return words.outages.ran(entry.handler, ended(entry, words));
  if (entry.kind === "span") return words.outages.away[entry.span];
  const first = words.links.cause(entry.cause.code);
  const latest = entry.latest && words.links.cause(entry.latest.code);
  return latest && latest !== first ? `${first}, ${words.outages.then(latest)}` : first;
}

/** How a run of a handler ended. */
export function ended(run: HandlerRun, words: Words): string {
  const { code } = run;
  if (run.ended === "code" && code === 0) return words.outages.ended.well;
  if (run.ended === "code") return words.outages.ended.code(code ?? 0);
  return run.ended === "signal"
    ? words.outages.ended.signal(code ?? 0)
    : words.outages.ended[run.ended];
}

/** The rest of an outage's line. */
export function facts(outage: Outage, words: Words): string[] {
  const found: string[] = [];
  if (outage.attempts > 0) found.push(words.outages.attempts(outage.attempts));
  if (outage.caught_up > 0) found.push(words.outages.caughtUp(outage.caught_up));
  return found;
}

/** All of an outage, a sentence each, in the order in which it happened. */
export function story(outage: Outage, words: Words): string[] {
  const told = words.outages.story;
  const noticed = at(outage.noticed);
  const lines: string[] = [];
  if (outage.last_heard && noticed - at(outage.last_heard) >= 1000) {
    lines.push(told.heard(clockSeconds(at(outage.last_heard))));
  }
  lines.push(told.noticed(clockSeconds(noticed), words.cause(outage.cause)));
  if (outage.latest) lines.push(told.later(words.cause(outage.latest)));
  if (outage.attempts > 0) lines.push(told.tried(outage.attempts));
  const over = outage.recovered && clockSeconds(at(outage.recovered));
  lines.push(over ? told.over[outage.ended_by ?? "streaming"](over) : told.still);
  if (outage.caught_up > 0) lines.push(told.caughtUp(outage.caught_up));
  if (outage.gap) {
    const from = clockSeconds(at(outage.last_heard ?? outage.noticed));
    lines.push(told.gap(from, over || told.now));
  } else if (outage.ended_by === "streaming") lines.push(told.noGap);
  return lines;
}

/** How much of some days a subscription was live: `100 %` is all of it, and nothing that was lost is rounded away. A
 * dash where it was not followed. */
export function share({ live_ms, followed_ms }: Share): string {
  if (followed_ms <= 0) return "–";
  const hundredths = Math.floor((live_ms / followed_ms) * 10_000);
  if (live_ms >= followed_ms) return "100\u00a0%";
  const digits = hundredths >= 9900 ? 2 : hundredths >= 1000 ? 1 : 0;
  const step = 10 ** (2 - digits);
  return `${((Math.floor(hundredths / step) * step) / 100).toFixed(digits)}\u00a0%`;
}
