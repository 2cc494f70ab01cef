// What the page holds, and how each thing that the agent tells changes it. Pure: no calls, no clock.
import type { Event, Message, Status, Unread } from "../api";
import type { Failure, Notice } from "../bridge-types";
import { everything, matches, type Filter } from "./filter";
import { at } from "./time";

/** More messages than this are dropped from the page; the agent keeps them. */
export const MESSAGES_MAX = 280;
/** So many that came while the person was elsewhere in the list are counted. */
export const NEWS_MAX = 1000;

const GONE_MAX = 256;
const CHANGES_MAX = 64;

/** The agent ends a page early that holds so many characters, or a few more. */
const LARGE_PAGE = 1_000_000;

/** What became of messages; what is null is as it was. */
type Change = Extract<Event, { event: "changed" }>["data"];

export interface Held {
  /** Whether an agent answers; null until the first word. */
  running: boolean | null;
  /** Why none answers. */
  failure: Failure | null;
  status: Status | null;
  /** Which messages are listed. */
  filter: Filter;
  /** The latest sent first, as the agent orders them. */
  messages: Message[];
  /** Whether the list begins with the latest; else these are not held. */
  latest: boolean;
  /** Grows with each other list that is wanted: an answer to an earlier question is dropped. */
  question: number;
  /** The message around which the list is to be loaded; null where it is to begin with the latest. */
  around: Around | null;
  /** The message that was asked for by its id and is not kept any more. */
  missing: number | null;
  /** Those that came above the list since the person left its top; null while they are there. */
  news: readonly number[] | null;
  /** Whether they are nearer to the end of the list: what has no room goes from the other end. */
  below: boolean;
  /** How many came above the list and are not in it. */
  passed: number;
  /** Heard since `messages` went stale; null while they are not stale. */
  fresh: Message[] | null;
  /** The ids that went last: a page that was asked for before may still hold them. */
  gone: readonly number[];
  /** What changed last, for the same reason. */
  changes: readonly Change[];
  /** Whether the agent may hold older messages than these. */
  older: boolean;
  /** How much is unread, by subscription. */
  unread: ReadonlyMap<string, number>;
  unreadStale: boolean;
  /** Newest first; null until loaded. */
  historyStale: boolean;
}

export interface Around {
  readonly id: number;
  /** Whether the person asked for it; else they were reading there. */
  readonly asked: boolean;
}

/** What a page of messages was asked for from: an answer that does not fit any more is dropped. */
export type From = Pick<Held, "question" | "passed"> & { readonly id: number | undefined };

export const nothing: Held = {
  running: null,
  failure: null,
  status: null,
  filter: everything,
  messages: [],
  latest: true,
  question: 0,
  around: null,
  missing: null,
  news: null,
  below: false,
  passed: 0,
  fresh: [],
  gone: [],
  changes: [],
  older: false,
  unread: new Map(),
  unreadStale: true,
  historyStale: true,
};

/** The held state after what was told. */
export function fold(held: Held, told: Notice): Held {
  if (told.kind === "gone") return { ...held, running: false, failure: told.failure };
  if (told.kind !== "events") return held;
  return told.events.reduce(foldEvent, told.events.some(isCounted) ? stale(held) : held);
}

/** Whether something may be unread now that was not, or the other way round. */
function isCounted({ event }: Event): boolean {
  return event === "message" || event === "changed" || event === "removed";
}

function stale(held: Held): Held {
  return held.unreadStale ? held : { ...held, unreadStale: true };
}

function foldEvent(held: Held, event: Event): Held {
  switch (event.event) {
    case "reset":
      return {
        ...held,
        running: true,
        failure: null,
        status: event.data,
        fresh: [],
        question: held.question + 1,
        changes: [],
        // In a database that was put back ids may come again.
        gone: [],
        unreadStale: true,
        historyStale: true,
      };
    case "status":
      return { ...held, running: true, failure: null, status: event.data };
    case "link": {
      if (!held.status) return held;
      const links = held.status.links.map((link) =>
        link.subscription === event.data.subscription ? event.data : link,
      );
      return { ...held, status: { ...held.status, links } };
    }
    case "message":
      return matches(held.filter, event.data) ? came(held, event.data) : held;
    case "changed": {
      const changes = [...held.changes, event.data].slice(-CHANGES_MAX);
      return {
        ...held,
        changes,
        messages: changed(held.messages, [event.data]),
        fresh: held.fresh && changed(held.fresh, [event.data]),
      };
    }
    case "removed": {
      const gone = [...held.gone, ...event.data.messages].slice(-GONE_MAX);
      const stays = (message: Message) => !event.data.messages.includes(message.id);
      const fresh = held.fresh && held.fresh.filter(stays);
      const news = held.news && held.news.filter((id) => !event.data.messages.includes(id));
      return { ...held, gone, messages: held.messages.filter(stays), fresh, news };
    }
    case "history":
      return { ...held, historyStale: true };
    default:
      // An agent of a newer version may tell more.
      return held;
  }
}

/** A message came that belongs into the list. */
function came(held: Held, message: Message): Held {
  const [first, last] = [held.messages[0], held.messages.at(-1)];
  const fresh = held.fresh && merge(held.fresh, [message]).slice(0, MESSAGES_MAX);
  const isAbove = !first || order(message, first) < 0;
  const isNew = isAbove && held.messages.every(({ id }) => id !== message.id);
  const news = isNew && held.news ? [...held.news, message.id].slice(-NEWS_MAX) : held.news;
  const heard = { ...held, fresh, news };
  if (isAbove && !held.latest) return { ...heard, passed: held.passed + 1 };
  // One that belongs below what was loaded would leave a hole in the list.
  if (held.older && last && order(last, message) < 0) return heard;
  return cut({ ...heard, messages: merge(held.messages, [message]) }, !held.below);
}

/** No more than is to be held: what goes is at the end, or else at the top. */
function cut(held: Held, atEnd: boolean): Held {
  const { messages } = held;
  const dropped = messages.length - MESSAGES_MAX;
  if (dropped <= 0) return held;
  if (atEnd) return { ...held, messages: messages.slice(0, MESSAGES_MAX), older: true };
  const passed = held.passed + dropped;
  return { ...held, messages: messages.slice(dropped), latest: false, passed };
}

/** Whether there may be more behind a page. A shorter one may be one of large messages; but one of a few small ones is
 * all there is. */
function hasMore(page: readonly Message[], asked: number): boolean {
  const large = page.reduce((sum, message) => sum + message.body.length, 0) >= LARGE_PAGE;
  return page.length >= asked || large;
}

/** What a load begins from: the message at that end of the list. */
export function from(held: Held, end: "first" | "last" | null): From {
  const { question, passed, messages } = held;
  const at = end === "first" ? messages[0] : end === "last" ? messages.at(-1) : undefined;
  return { question, passed, id: at?.id };
}

/** The latest messages were loaded: they and what was heard meanwhile replace the stale ones. */
export function loadedLatest(held: Held, asked: From, page: Message[], size: number): Held {
  // The same once more, so that what is wanted now is asked for.
  if (asked.question !== held.question) return { ...held };
  const older = hasMore(page, size);
  const oldest = older ? page.at(-1) : undefined;
  const fresh = (held.fresh ?? []).filter((message) => !oldest || order(message, oldest) <= 0);
  const messages = merge(there(held, page), fresh);
  return cut({ ...held, messages, fresh: null, older, latest: true }, true);
}

/** A message was loaded with those that stand above and below it; without it, it is not kept any more, and the latest
 * are to be listed. */
export function loadedAround(
  held: Held,
  asked: From,
  loaded: { message: Message; above: Message[]; below: Message[] } | null,
  size: number,
): Held {
  if (asked.question !== held.question) return { ...held };
  const { around } = held;
  const message = loaded && there(held, [loaded.message])[0];
  if (!loaded || !message) {
    const missing = around?.asked ? around.id : null;
    return { ...held, around: null, missing, question: held.question + 1 };
  }
  const [latest, older] = [!hasMore(loaded.above, size), hasMore(loaded.below, size)];
  const page = merge(there(held, [...loaded.above, ...loaded.below]), [message]);
  const [first, last] = [page[0] ?? message, page.at(-1) ?? message];
  const fresh = (held.fresh ?? []).filter(
    (one) => (latest || order(first, one) < 0) && (!older || order(one, last) < 0),
  );
  const messages = merge(page, fresh);
  return cut({ ...held, messages, fresh: null, around: null, older, latest }, true);
}

/** A page of older messages was loaded. */
export function loadedOlder(held: Held, asked: From, page: Message[], size: number): Held {
  // Behind another message there would be a hole between them.
  if (asked.question !== held.question || asked.id !== held.messages.at(-1)?.id) return { ...held };
  const messages = merge(held.messages, there(held, page));
  return cut({ ...held, messages, older: hasMore(page, size) }, false);
}

/** A page of newer messages was loaded. */
export function loadedNewer(held: Held, asked: From, page: Message[], size: number): Held {
  if (asked.question !== held.question || asked.id !== held.messages[0]?.id) return { ...held };
  const messages = merge(held.messages, there(held, page));
  // What came meanwhile may not be among them.
  const latest = !hasMore(page, size) && asked.passed === held.passed;
  return cut({ ...held, messages, latest }, true);
}

/** Other messages are to be listed. */
export function narrowed(held: Held, filter: Filter): Held {
  return { ...another(held), filter, messages: [], older: false, latest: true };
}

/** The latest are to be listed again. */
export function toLatest(held: Held): Held {
  return another(held);
}

/** A message is to be shown, whatever the list is narrowed to. */
export function shown(held: Held, id: number): Held {
  if (held.messages.some((message) => message.id === id)) return { ...held, missing: null };
  return { ...narrowed(held, everything), around: { id, asked: true } };
}

/** The list is to be loaded anew where the person reads it. */
export function reread(held: Held, id: number): Held {
  return { ...another(held), news: held.news, around: { id, asked: false } };
}

/** Another list is wanted. */
function another(held: Held): Held {
  const question = held.question + 1;
  return { ...held, question, fresh: [], around: null, missing: null, news: null, below: false };
}

/** The person has gone to another page: they come back to the latest. */
export function left(held: Held): Held {
  const { latest } = held;
  return { ...(latest ? held : another(held)), news: null, below: false, missing: null };
}

/** The person has scrolled: whether they are at the top of the list, or nearer to its end. */
export function scrolled(held: Held, atTop: boolean, below: boolean): Held {
  const isThere = atTop && held.latest;
  if (isThere === (held.news === null) && below === held.below) return held;
  return { ...held, below, news: isThere ? null : (held.news ?? []) };
}

export function loadedUnread(held: Held, counts: readonly Unread[]): Held {
  const unread = new Map(counts.map(({ subscription, messages }) => [subscription, messages]));
  return { ...held, unread };
}

function there(held: Held, page: readonly Message[]): Message[] {
  return changed(
    page.filter((message) => !held.gone.includes(message.id)),
    held.changes,
  );
}

function changed(messages: readonly Message[], changes: readonly Change[]): Message[] {
  return changes.reduce(
    (all: Message[], { messages: ids, ...now }) => {
      const named = new Set(ids);
      const news = Object.fromEntries(Object.entries(now).filter(([, value]) => value !== null));
      return all.map((message) => (named.has(message.id) ? { ...message, ...news } : message));
    },
    [...messages],
  );
}

/** The order of messages: the latest sent first. The ids are the order of the wire, which is another where a
 * server replays out of order. */
const order = (a: Message, b: Message): number => at(b.time) - at(a.time) || b.id - a.id;

/** In order, each id once (the later word counts). */
function merge(held: readonly Message[], later: readonly Message[]): Message[] {
  const only = later.length === 1 ? later[0] : undefined;
  const first = held[0];
  // What is new is mostly the latest; one that is known already has the place of itself.
  if (only && (!first || (order(only, first) < 0 && held.every(({ id }) => id !== only.id))))
    return [only, ...held];
  const byId = new Map<number, Message>();
  for (const message of [...held, ...later]) byId.set(message.id, message);
  return [...byId.values()].sort(order);
}
