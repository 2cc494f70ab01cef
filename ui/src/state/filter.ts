// Which messages are listed: what is asked of the agent, and whether one that comes is among them. The page judges as
// the agent does, so that a list that is narrowed goes on by itself.
import type { Message, MessagesQuery } from "../api";
import { at } from "./time";

export interface Filter {
  /** Words that a message holds, all of them. */
  readonly search: string;
  /** Of this subscription alone. */
  readonly subscription: string | null;
  /** Of this priority or a higher one. */
  readonly priority: number | null;
  readonly tag: string | null;
  readonly unread: boolean;
  /** Sent since the beginning of today, or of so many days before it; 0 is today. */
  readonly days: number | null;
}

export const everything: Filter = {
  search: "",
  subscription: null,
  priority: null,
  tag: null,
  unread: false,
  days: null,
};

export const isNarrow = (filter: Filter): boolean =>
  words(filter).length > 0 ||
  filter.subscription !== null ||
  filter.priority !== null ||
  filter.tag !== null ||
  filter.days !== null ||
  filter.unread;

/** What the agent is asked for, at this time. */
export function query(filter: Filter, now: number): Partial<MessagesQuery> {
  const asked: Partial<MessagesQuery> = {};
  if (words(filter).length > 0) asked.search = filter.search;
  if (filter.subscription !== null) asked.subscription = filter.subscription;
  if (filter.priority !== null) asked.priority = filter.priority;
  if (filter.tag !== null) asked.tag = filter.tag;
  if (filter.unread) asked.unread = true;
  if (filter.days !== null) asked.since = new Date(since(filter.days, now)).toISOString();
  return asked;
}

/** The beginning of the day so many days before. */
function since(days: number, now: number): number {
  const date = new Date(now);
  date.setHours(0, 0, 0, 0);
  date.setDate(date.getDate() - days);
  return date.getTime();
}

/** Whether a message that comes is one of those that are listed. One that is read while it is listed stays, until the list is
 * asked for anew: what one reads does not vanish under one's eyes. */
export function matches(filter: Filter, message: Message): boolean {
  if (filter.subscription !== null && message.subscription !== filter.subscription) return false;
  if (filter.priority !== null && message.priority < filter.priority) return false;
  if (filter.tag !== null && !message.tags.includes(filter.tag)) return false;
  if (filter.unread && message.read !== null) return false;
  // It has come just now, by the agent's clock.
  if (filter.days !== null && at(message.time) < since(filter.days, at(message.received)))
    return false;
  const wanted = words(filter);
  if (wanted.length === 0) return true;
  const texts = [message.title, message.body, message.tags.join("\n"), message.topic ?? ""];
  const text = texts.join("\n").toLowerCase();
  return wanted.every((word) => text.includes(word));
}

export function words(filter: Filter): string[] {
  return filter.search.toLowerCase().split(/\s+/).filter(Boolean).slice(0, 16);
}

/** A text in parts, those at odd places being what was looked for. */
export function marked(text: string, filter: Filter): string[] {
  const wanted = words(filter);
  if (wanted.length === 0) return [text];
  const escaped = wanted
    .sort((a, b) => b.length - a.length)
    .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return text.split(new RegExp(`(${escaped.join("|")})`, "giu"));
}

/** As many unread messages of a subscription as are counted. */
const COUNTED_MAX = 1000;

/** How much is unread, as it stands beside a name; nothing where nothing is. */
export function unreadInWords(count: number): string {
  if (count === 0) return "";
  return count < COUNTED_MAX ? String(count) : `${COUNTED_MAX - 1}+`;
}
