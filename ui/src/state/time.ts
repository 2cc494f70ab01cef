// Times and lengths of time as a person reads them: local, whole units, never more than two.
import type { Time } from "../api";
import type { Words } from "../i18n";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const at = (time: Time): number => Date.parse(time);

/** `4 s`, `2 min 5 s`, `1 h 3 min`, `2 d 4 h`. */
export function duration(ms: number, words: Words): string {
  const units = [
    [DAY, words.units.d],
    [HOUR, words.units.h],
    [MINUTE, words.units.min],
    [SECOND, words.units.s],
  ] as const;
  let rest = Math.max(0, Math.round(ms / SECOND) * SECOND);
  const first = units.findIndex(([size]) => rest >= size);
  if (first < 0) return `${ms > 0 ? "<\u00a01" : "0"}\u00a0${words.units.s}`;
  const parts: string[] = [];
  for (const [size, unit] of units.slice(first, first + 2)) {
    const n = Math.floor(rest / size);
    rest -= n * size;
    if (n > 0) parts.push(`${n}\u00a0${unit}`);
  }
  return parts.join(" ");
}

/** Like `duration`, but rounded down to one unit: for an age that is read at a glance. */
export function age(ms: number, words: Words): string {
  for (const size of [DAY, HOUR, MINUTE]) {
    if (ms >= size) return duration(Math.floor(ms / size) * size, words);
  }
  return duration(Math.floor(ms / SECOND) * SECOND, words);
}

/** Seconds up to a minute, then `m:ss`: what remains, never less than it says. */
export function countdown(ms: number, words: Words): string {
  const seconds = Math.max(0, Math.ceil(ms / SECOND));
  if (seconds < 60) return `${seconds}\u00a0${words.units.s}`;
  if (seconds >= 3600) return duration(seconds * SECOND, words);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

const two = (n: number) => String(n).padStart(2, "0");

/** The local time of a day, to the minute: `02:10`. */
export function clock(ms: number): string {
  const date = new Date(ms);
  return `${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The same to the second, for what happened within a minute: `02:10:05`. */
export function clockSeconds(ms: number): string {
  return `${clock(ms)}:${two(new Date(ms).getSeconds())}`;
}

/** `Today`, `Yesterday`, or the date. */
export function day(ms: number, now: number, words: Words, tag: string): string {
  const start = startOfDay(now);
  if (ms >= start) return words.today;
  if (ms >= startOfDay(start - 1)) return words.yesterday;
  const year = new Date(ms).getFullYear() === new Date(now).getFullYear() ? undefined : "numeric";
  return formatOf(tag, { weekday: "long", month: "long", day: "numeric", year }).format(ms);
}

/** A moment, whole. */
export function stamp(ms: number, tag: string): string {
  const format = formatOf(tag, {
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  return format.format(ms);
}

/** To make one takes a thousand times as long as to use it: each is made once. */
const formats = new Map<string, Intl.DateTimeFormat>();

export function formatOf(tag: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const name = `${tag} ${JSON.stringify(options)}`;
  let format = formats.get(name);
  if (!format) {
    format = new Intl.DateTimeFormat(tag, options);
    formats.set(name, format);
  }
  return format;
}

/** Numbers days: that of the next one is greater by one, also where clocks were changed. */
export function dayNumber(ms: number): number {
  const date = new Date(ms);
  return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY;
}

function startOfDay(ms: number): number {
  return new Date(ms).setHours(0, 0, 0, 0);
}

/** When something was, as it is said while it is recent; else the time of its day. */
export function recent(ms: number, now: number, words: Words): string {
  const ago = now - ms;
  if (ago < 0 || ago >= HOUR) return clock(ms);
  return ago < MINUTE ? words.justNow : words.ago(age(ago, words));
}

/** Consecutive items of the same day under its name. */
export function byDay<T>(
  items: readonly T[],
  when: (item: T) => number,
  name: (ms: number) => string,
): { day: string; items: T[] }[] {
  const days: { day: string; items: T[] }[] = [];
  for (const item of items) {
    const day = name(when(item));
    const last = days.at(-1);
    if (last?.day === day) last.items.push(item);
    else days.push({ day, items: [item] });
  }
  return days;
}
