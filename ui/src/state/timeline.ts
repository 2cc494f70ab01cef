// Where the history lies on a timeline of so many pixels: nothing is narrower than can be seen, and what lies closer
// than that is one, so that a picture is bounded by its width and not by what happened.
import type { HistoryEntry } from "../api";
import type { Words } from "../i18n";
import { group, stretch } from "./history";
import { DAY, clock, formatOf } from "./time";

export interface Range {
  from: number;
  to: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** What can be chosen, the shortest first. */
export const spans = { hour: HOUR, day: DAY, week: 7 * DAY, quarter: 90 * DAY } as const;
export type Span = keyof typeof spans;

/** No closer than this. */
const RANGE_MIN = MINUTE;
/** Narrower than this a mark could not be seen. */
const MARK_MIN_PX = 3;
/** Closer than this two marks are one. */
const MARK_GAP_PX = 1;

/** Those that are of use where so much is known: up to the first that shows all of it, but the day at least. */
export function offered(since: number, now: number): Span[] {
  const names = Object.keys(spans) as Span[];
  const enough = names.findIndex((name) => now - since <= spans[name]);
  return names.slice(0, Math.max(1, enough < 0 ? names.length - 1 : enough) + 1);
}

/** What to begin with: the day, or the hour where no more is known. */
export function first(since: number, now: number): Span {
  return now - since <= HOUR ? "hour" : "day";
}

/** The time that a span shows: up to now, and not from before anything is known. */
export function rangeOf(span: Span, since: number, now: number): Range {
  const known = Math.max(now - since, 5 * MINUTE) * 1.02;
  return { from: now - Math.min(spans[span], Math.max(known, RANGE_MIN)), to: now };
}

/** A part of a range, by two places on it from 0 to 1; not shorter than a minute, and within it. */
export function part({ from, to }: Range, one: number, other: number): Range {
  const place = (fraction: number) => from + (to - from) * Math.min(1, Math.max(0, fraction));
  const begin = place(Math.min(one, other));
  const end = place(Math.max(one, other));
  const rest = Math.max(0, RANGE_MIN - (end - begin)) / 2;
  return { from: begin - rest, to: end + rest };
}

/** How a mark looks: whose doing an outage was, or why nothing was followed. One that lasts is told apart. */
export const kinds = [
  "live",
  "away",
  "missed",
  "own",
  "network",
  "refused",
  "server",
  "lasts",
] as const;
export type Kind = (typeof kinds)[number];

export interface Mark {
  kind: Kind;
  /** Where it begins, and how wide it is, in pixels from the left end of the timeline. */
  x: number;
  width: number;
  /** What is in it, the latest first. */
  entries: HistoryEntry[];
}

export function kindOf(entry: HistoryEntry): Kind | null {
  if (entry.kind === "handler") return null;
  if (entry.kind === "span") return entry.span === "missed" ? "missed" : "away";
  if (entry.recovered === null) return "lasts";
  return group(entry);
}

const isOf = (entry: HistoryEntry, subscription: string) =>
  entry.subscription === null || entry.subscription === subscription;

/** The marks of one subscription, of which something is known since a time; from left to right, the loudest last. */
export function marks(
  entries: readonly HistoryEntry[],
  subscription: string,
  since: number,
  range: Range,
  width: number,
): Mark[] {
  const scale = width / (range.to - range.from);
  const latest = new Map<Kind, Mark>();
  const found: Mark[] = [];
  // They come newest first: from the right to the left.
  for (const entry of entries) {
    const kind = kindOf(entry);
    if (kind === null || !isOf(entry, subscription)) continue;
    const { from, to } = stretch(entry);
    const end = Math.min(to ?? range.to, range.to);
    const known = Math.max(range.from, since);
    if (end < known || from > range.to) continue;
    const begin = Math.max(from, known);
    const wide = Math.max(MARK_MIN_PX, (end - begin) * scale);
    const x = Math.max(0, Math.min((begin - range.from) * scale, width - wide));
    const before = latest.get(kind);
    if (before && before.x <= x + wide + MARK_GAP_PX) {
      const right = Math.max(before.x + before.width, x + wide);
      before.x = Math.min(before.x, x);
      before.width = right - before.x;
      before.entries.push(entry);
    } else {
      const mark = { kind, x, width: wide, entries: [entry] };
      latest.set(kind, mark);
      found.push(mark);
    }
  }
  const loud = (mark: Mark) => kinds.indexOf(mark.kind);
  return found.sort((a, b) => loud(a) - loud(b) || a.x - b.x);
}

/** Where a link was live: what is known of it, without the marks of what was not. */
export function liveParts(
  found: readonly Mark[],
  since: number,
  range: Range,
  width: number,
): { x: number; width: number }[] {
  const scale = width / (range.to - range.from);
  const parts: { x: number; width: number }[] = [];
  let x = Math.max(0, (since - range.from) * scale);
  const broken = found.filter((mark) => mark.kind !== "missed").sort((a, b) => a.x - b.x);
  for (const mark of broken) {
    if (mark.x - x >= 1) parts.push({ x, width: mark.x - x });
    x = Math.max(x, mark.x + mark.width);
  }
  if (width - x >= 1) parts.push({ x, width: width - x });
  return parts;
}

/** One shape for all marks of a kind, so that a timeline has a handful of nodes. `top` and `height` in pixels. */
export function shape(
  parts: readonly { x: number; width: number }[],
  top: number,
  height: number,
): string {
  return parts
    .map(
      ({ x, width }) =>
        `M${x.toFixed(1)} ${top}h${width.toFixed(1)}v${height}h-${width.toFixed(1)}z`,
    )
    .join("");
}

/** The mark at a place, with some room for a hand: the loudest, then the nearest. */
export function markAt(found: readonly Mark[], x: number): Mark | null {
  const off = (mark: Mark) => Math.max(mark.x - x, x - mark.x - mark.width, 0);
  const near = found.filter((mark) => off(mark) <= 4);
  return (
    near.sort((a, b) => off(a) - off(b) || kinds.indexOf(b.kind) - kinds.indexOf(a.kind))[0] ?? null
  );
}

/** Between its lines an axis has one of these. */
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 3, 4, 7, 14, 30].map((days) => days * DAY),
];
/** A label has so much room. */
const LABEL_PX = 76;

export interface Tick {
  /** Where its line is, in pixels from the left end of the axis. */
  x: number;
  label: string;
}

/** The lines of an axis: at whole hours and days of the local calendar. */
export function ticks(range: Range, width: number, words: Words): Tick[] {
  const span = range.to - range.from;
  const most = Math.max(1, Math.floor(width / LABEL_PX));
  const step = STEPS.find((one) => span / one <= most) ?? STEPS.at(-1)!;
  const found: Tick[] = [];
  const date = formatOf(words.lang, { month: "short", day: "numeric" });
  const midnight = new Date(range.from).setHours(0, 0, 0, 0);
  for (let n = 0; found.length <= most + 1; n += 1) {
    const place =
      step < DAY
        ? midnight + n * step
        : new Date(midnight).setDate(new Date(midnight).getDate() + n * (step / DAY));
    if (place > range.to) break;
    if (place < range.from) continue;
    const isDay = new Date(place).getHours() === 0 && new Date(place).getMinutes() === 0;
    const x = ((place - range.from) / span) * width;
    // One that would be cut off at an end says nothing.
    if (x < LABEL_PX / 3 || x > width - LABEL_PX / 3) continue;
    found.push({ x, label: isDay ? date.format(place) : clock(place) });
  }
  return found;
}
