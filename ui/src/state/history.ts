// The reconnection history as it is shown: what each entry says, and where it lies on the timeline.
import type { HandlerRun, HistoryEntry, Outage, Time } from "../api";
import type { Words } from "../i18n";
import { DAY, at, clock, clockSeconds, duration } from "./time";

/** The timeline's length. */
export const TIMELINE_MS = DAY;

/** Narrower than this it could not be seen. */
const WIDTH_MIN = 0.004;

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

/** What happened and for how long. */
export function title(entry: HistoryEntry, now: number, words: Words): string {
  const { from, to } = stretch(entry);
  const length = duration((to ?? Math.max(now, from)) - from, words);
  if (entry.kind === "handler") return words.ran(entry.handler, ended(entry, words));
  if (entry.kind === "span") return words.span[entry.span](length);
  if (entry.last_heard === null) {
    return to === null ? words.neverConnectedStill(length) : words.neverConnected(length);
  }
  return to === null ? words.lostStill(length) : words.lostFor(length);
}

/** How a run of a handler ended. */
export function ended(run: HandlerRun, words: Words): string {
  const { code } = run;
  if (run.ended === "code" && code === 0) return words.runEnded.well;
  if (run.ended === "code") return words.runEnded.code(code ?? 0);
  return run.ended === "signal" ? words.runEnded.signal(code ?? 0) : words.runEnded[run.ended];
}

/** `02:10:05 – 02:14:17`. */
export function times(entry: HistoryEntry, words: Words): string {
  const { from, to } = stretch(entry);
  return `${clockSeconds(from)} – ${to === null ? words.now : clockSeconds(to)}`;
}

/** What may have been missed; null when nothing. */
export function missed(outage: Outage, words: Words): string | null {
  if (!outage.gap) return null;
  const from = clock(at(outage.last_heard ?? outage.noticed));
  return words.mayHaveMissed(from, outage.recovered ? clock(at(outage.recovered)) : words.now);
}

/** An entry's place on the timeline, as fractions of its length. */
export interface Mark {
  id: number;
  kind: "outage" | "agent_off" | "paused" | "asleep" | "missed";
  start: number;
  width: number;
}

/** The part of the timeline since when a link's history is known; before it nothing is claimed. */
export function known(since: Time, now: number): Pick<Mark, "start" | "width"> {
  const width = Math.min(Math.max((now - at(since)) / TIMELINE_MS, WIDTH_MIN), 1);
  return { start: 1 - width, width };
}

/** The marks of one subscription's timeline, which ends now; outages last, so that they lie on top. */
export function marks(entries: readonly HistoryEntry[], subscription: string, now: number): Mark[] {
  const begin = now - TIMELINE_MS;
  const found: Mark[] = [];
  for (const entry of entries) {
    if (entry.subscription !== null && entry.subscription !== subscription) continue;
    if (entry.kind === "handler") continue;
    const { from, to } = stretch(entry);
    const end = Math.min(to ?? now, now);
    if (end <= begin || from > now) continue;
    const width = Math.max(WIDTH_MIN, (end - Math.max(from, begin)) / TIMELINE_MS);
    const start = Math.min((Math.max(from, begin) - begin) / TIMELINE_MS, 1 - width);
    const kind = entry.kind === "outage" ? "outage" : entry.span;
    found.push({ id: entry.id, kind, start, width });
  }
  return found.sort((a, b) => Number(a.kind === "outage") - Number(b.kind === "outage"));
}
