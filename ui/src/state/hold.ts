// What the page holds, and how each thing that the agent tells changes it. Pure: no calls, no clock.
import type { Event, Message, Status, Unread } from "../api";
import type { Failure, Notice } from "../bridge-types";
import { everything, matches, type Filter } from "./filter";
import { at } from "./time";

/** More messages than this are dropped from the page; the agent keeps them. */
export const MESSAGES_MAX = 280;

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
  /** Whether the list begins with the latest; else these were dropped for older ones. */
  latest: boolean;
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

export const nothing: Held = {
  running: null,
  failure: null,
  status: null,
  filter: everything,
  messages: [],
  latest: true,
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
        changes: [],
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
    case "message": {
      // A change to a message that was not loaded would leave a hole in the list.
      const oldest = held.messages.at(-1);
      if (!matches(held.filter, event.data) || !held.latest) return held;
      if (held.older && oldest && order(oldest, event.data) < 0) return held;
      const messages = merge(held.messages, [event.data]);
      return {
        ...held,
        messages: messages.slice(0, MESSAGES_MAX),
        older: held.older || messages.length > MESSAGES_MAX,
        fresh: held.fresh && merge(held.fresh, [event.data]).slice(0, MESSAGES_MAX),
      };
    }
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
      return { ...held, gone, messages: held.messages.filter(stays), fresh };
    }
    case "history":
      return { ...held, historyStale: true };
    default:
      // An agent of a newer version may tell more.
      return held;
  }
}

/** A shorter page may be one of large messages; but one of a few small ones is all there is. */
function hasOlder(page: readonly Message[], asked: number): boolean {
  const large = page.reduce((sum, message) => sum + message.body.length, 0) >= LARGE_PAGE;
  return page.length >= asked || large;
}

/** The latest messages were loaded: they and what was heard meanwhile replace the stale ones. */
export function loadedLatest(held: Held, page: Message[], asked: number): Held {
  const older = hasOlder(page, asked);
  const oldest = older ? page.at(-1) : undefined;
  const fresh = (held.fresh ?? []).filter((message) => !oldest || order(message, oldest) <= 0);
  const messages = merge(there(held, page), fresh).slice(0, MESSAGES_MAX);
  return { ...held, messages, fresh: null, older, latest: true };
}

/** A page of older messages was loaded. */
export function loadedOlder(held: Held, page: Message[], asked: number): Held {
  const messages = merge(held.messages, there(held, page));
  const latest = held.latest && messages.length <= MESSAGES_MAX;
  const older = hasOlder(page, asked);
  return { ...held, messages: messages.slice(-MESSAGES_MAX), older, latest };
}

/** Other messages are to be listed. */
export function narrowed(held: Held, filter: Filter): Held {
  return { ...held, filter, messages: [], fresh: [], older: false, latest: true };
}

/** The latest are to be listed again. */
export function toLatest(held: Held): Held {
  return { ...held, fresh: [], latest: true };
}

export function loadedUnread(held: Held, counts: readonly Unread[]): Held {
  const unread = new Map(counts.map(({ subscription, messages }) => [subscription, messages]));
  return { ...held, unread };
}

function there(held: Held, page: Message[]): Message[] {
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
