// The history page by page, the newest first: what is held already is not asked for once more.
import type { HistoryEntry } from "../api";
import { nameOf, stretch } from "./history";

export interface Loaded {
  entries: HistoryEntry[];
  /** Whether older ones were left out. */
  isCut: boolean;
}

/** Asks for pages of `size` until all is there, or until they reach what is `known`, in which nothing changes any
 * more but what lasts. At most `most` entries are kept. */
export async function loaded(
  ask: (until: string | null) => Promise<HistoryEntry[]>,
  known: readonly HistoryEntry[] | null,
  size: number,
  most: number,
): Promise<Loaded> {
  const entries: HistoryEntry[] = [];
  const names = new Set<string>();
  let until: string | null = null;
  for (;;) {
    const page = await ask(until);
    const before = entries.length;
    for (const entry of page) {
      if (names.has(nameOf(entry))) continue;
      names.add(nameOf(entry));
      entries.push(entry);
    }
    // A page that brings nothing new would bring itself again.
    if (page.length < size || entries.length === before) return cut(entries, most);
    if (entries.length >= most) return cut(entries, most, true);
    const last = entries.at(-1)!;
    const rest = known && after(known, nameOf(last));
    if (rest && rest.every((entry) => stretch(entry).to !== null)) {
      return cut([...entries, ...rest.filter((entry) => !names.has(nameOf(entry)))], most);
    }
    until = begin(last);
  }
}

function cut(entries: HistoryEntry[], most: number, isCut = entries.length > most): Loaded {
  return { entries: entries.slice(0, most), isCut };
}

function after(known: readonly HistoryEntry[], name: string): readonly HistoryEntry[] | null {
  const at = known.findIndex((entry) => nameOf(entry) === name);
  return at < 0 ? null : known.slice(at + 1);
}

function begin(entry: HistoryEntry): string {
  if (entry.kind === "outage") return entry.noticed;
  return entry.kind === "span" ? entry.from : entry.at;
}
