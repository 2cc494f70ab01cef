// The outages as a plain text for whoever runs the server: without what was this computer's own doing.
import type { HistoryEntry, Link, Outage } from "../api";
import type { Words } from "../i18n";
import { group, isIn, stretch } from "./history";
import { at, duration } from "./time";

/** So many outages of a subscription are written out. */
const OUTAGES_MAX = 200;

const two = (n: number) => String(n).padStart(2, "0");

/** `2026-03-01 02:52:10 +01:00`. */
export function stamp(ms: number): string {
  const date = new Date(ms);
  const offset = -date.getTimezoneOffset();
  const sign = offset < 0 ? "-" : "+";
  const zone = `${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day} ${time} ${sign}${zone}`;
}

/** A report of the outages of these links in this time. */
export function report(
  entries: readonly HistoryEntry[],
  links: readonly Link[],
  range: { from: number; to: number },
  words: Words,
): string {
  return links.map((link) => of(entries, link, range, words)).join("\n\n") + "\n";
}

function of(
  entries: readonly HistoryEntry[],
  link: Link,
  range: { from: number; to: number },
  words: Words,
): string {
  const lines = [
    words.outages.reportTitle(link.name, link.origin),
    words.outages.reportPeriod(stamp(range.from), stamp(range.to)),
  ];
  const theirs = entries.filter(
    (entry): entry is Extract<HistoryEntry, { kind: "outage" }> =>
      entry.kind === "outage" &&
      entry.subscription === link.subscription &&
      group(entry) !== "own" &&
      isIn(entry, range, { subscription: null, group: null }),
  );
  if (theirs.length === 0) return [...lines, words.outages.reportNone].join("\n");
  const lengths = theirs.map((outage) => until(outage, range.to) - stretch(outage).from);
  const all = lengths.reduce((sum, one) => sum + one, 0);
  lines.push(words.outages.reportSum(theirs.length, plain(duration(all, words))), "");
  // As it happened.
  for (const outage of theirs.slice(0, OUTAGES_MAX).reverse())
    lines.push(line(outage, range.to, words));
  const rest = theirs.length - OUTAGES_MAX;
  if (rest > 0) lines.push(words.outages.reportMore(rest));
  return lines.join("\n");
}

function until(outage: Outage, now: number): number {
  return outage.recovered ? at(outage.recovered) : Math.max(now, at(outage.noticed));
}

function line(outage: Outage, now: number, words: Words): string {
  const from = at(outage.noticed);
  const length = plain(duration(until(outage, now) - from, words));
  const lasts = outage.recovered ? length : `${length} ${words.outages.lasts}`;
  const tried = outage.attempts > 0 ? ` (${words.outages.attempts(outage.attempts)})` : "";
  const then = outage.latest ? ` ${words.outages.story.later(words.cause(outage.latest))}` : "";
  return `${stamp(from)}  ${lasts}${tried}  ${words.cause(outage.cause)}${then}`;
}

const plain = (text: string) => text.replaceAll("\u00a0", " ");
