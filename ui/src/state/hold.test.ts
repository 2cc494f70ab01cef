import { describe, expect, test } from "vitest";
import type { Event, Message } from "../api";
import {
  fold,
  loadedLatest,
  loadedOlder,
  loadedUnread,
  MESSAGES_MAX,
  nothing,
  type Held,
} from "./hold";
import { ago, link, message, status } from "./samples";

const told = (held: Held, ...events: Event[]) => fold(held, { kind: "events", events });
const heard = (data: Message): Event => ({ event: "message", data });
const reset: Event = { event: "reset", data: status([link({ phase: "idle" })]) };
const ids = (held: Held) => held.messages.map((message) => message.id);
const page = (from: number, to: number) =>
  Array.from({ length: from - to + 1 }, (_, i) => message(from - i));

describe("the agent", () => {
  test("is unknown until the first word, then running", () => {
    expect(nothing.running).toBe(null);
    expect(told(nothing, reset).running).toBe(true);
  });

  test("that is gone leaves what was held, and comes back with a reset", () => {
    const held = told(nothing, reset, heard(message(1)));
    const gone = fold(held, { kind: "gone", failure: { kind: "no_agent" } });
    expect(gone.running).toBe(false);
    expect(ids(gone)).toEqual([1]);
    const back = told(gone, reset);
    expect(back.running).toBe(true);
    expect(back.failure).toBe(null);
    expect(back.historyStale).toBe(true);
  });

  test("of a newer version may tell what this page does not know", () => {
    const unknown = { event: "weather", data: {} } as unknown as Event;
    expect(told(nothing, unknown)).toEqual(nothing);
  });
});

test("a list goes by the server's time, and by the order of the wire within it", () => {
  const live = message(1, { time: ago(0) });
  const replayed = message(2, { time: ago(60) });
  const beside = message(3, { time: ago(60) });
  const held = told(nothing, heard(live), heard(replayed), heard(beside));
  expect(ids(held)).toEqual([1, 3, 2]);
});

test("a link's change reaches its row alone", () => {
  const held = told(nothing, {
    event: "reset",
    data: status([link({ phase: "idle" }), link({ phase: "idle" }, { subscription: "b" })]),
  });
  const after = told(held, {
    event: "link",
    data: link({ phase: "streaming", since: ago(0), catching_up: false }, { subscription: "b" }),
  });
  expect(after.status?.links.map((link) => link.phase.phase)).toEqual(["idle", "streaming"]);
});

describe("messages", () => {
  test("come newest first, each once, the later word on it counting", () => {
    const held = told(
      nothing,
      heard(message(1, { shown: "pending" })),
      heard(message(2)),
      heard(message(1, { shown: "shown" })),
    );
    expect(ids(held)).toEqual([2, 1]);
    expect(held.messages[1]?.shown).toBe("shown");
  });

  test("become what is told of them, also where they were asked for before", () => {
    const became = { shown: "folded", why: null, read: ago(0), dismissed: null } as const;
    const changed: Event = { event: "changed", data: { messages: [1, 2], ...became } };
    const held = told(nothing, reset, heard(message(2)), heard(message(3)), changed);
    const loaded = loadedLatest(held, page(3, 1), 100);
    expect(loaded.messages.map(({ shown }) => shown)).toEqual(["shown", "folded", "folded"]);
    expect(loaded.messages[2]?.read).toBe(ago(0));
  });

  test("heard while the latest are being loaded are not lost", () => {
    const held = told(nothing, reset, heard(message(4)));
    expect(ids(loadedLatest(held, page(3, 1), 100))).toEqual([4, 3, 2, 1]);
  });

  test("held before a reset go, since the agent may have another database", () => {
    const before = loadedLatest(told(nothing, reset), page(9, 1), 100);
    const after = told(before, reset, heard(message(3)));
    expect(ids(loadedLatest(after, page(2, 1), 100))).toEqual([3, 2, 1]);
  });

  test("older ones follow as long as there are any", () => {
    const held = loadedLatest(told(nothing, reset), page(10, 8), 3);
    expect(held.older).toBe(true);
    const more = loadedOlder(held, page(7, 6), 3);
    expect(ids(more)).toEqual([10, 9, 8, 7, 6]);
    expect(more.older).toBe(false);
  });

  test("a page that is short since its messages are large is not the last", () => {
    const body = "x".repeat(600_000);
    const large = [message(10, { body }), message(9, { body })];
    const held = loadedLatest(told(nothing, reset), large, 100);
    expect(held.older).toBe(true);
    expect(loadedOlder(held, page(8, 7), 100).older).toBe(false);
  });

  test("a change to one that was not loaded leaves no hole in the list", () => {
    const held = loadedLatest(told(nothing, reset), page(10, 8), 3);
    expect(ids(told(held, heard(message(2))))).toEqual([10, 9, 8]);
    const meanwhile = told(nothing, reset, heard(message(2)));
    expect(ids(loadedLatest(meanwhile, page(10, 8), 3))).toEqual([10, 9, 8]);
  });

  test("are bounded, the newest kept", () => {
    const all = page(MESSAGES_MAX + 50, 1).reverse();
    const held = told(nothing, ...all.map(heard));
    expect(held.messages.length).toBe(MESSAGES_MAX);
    expect(held.messages[0]?.id).toBe(MESSAGES_MAX + 50);
  });
});

test("what is unread is counted anew when messages come, change or go, and not else", () => {
  const held: Held = { ...nothing, unreadStale: false };
  const link: Event = { event: "history", data: { subscription: "a" } };
  expect(told(held, link).unreadStale).toBe(false);
  expect(told(held, link, heard(message(1))).unreadStale).toBe(true);
  expect(told(held, { event: "removed", data: { messages: [1] } }).unreadStale).toBe(true);
  const counted = loadedUnread(held, [{ subscription: "a", messages: 3 }]);
  expect(counted.unread.get("a")).toBe(3);
});

test("a change of the history is fetched when it is next looked at", () => {
  const held: Held = { ...nothing, historyStale: false };
  expect(told(held, { event: "history", data: { subscription: "a" } }).historyStale).toBe(true);
});

describe("a message that is gone", () => {
  const removed = (...messages: number[]): Event => ({ event: "removed", data: { messages } });

  test("leaves the list, and is not brought back by a page that was asked for before", () => {
    const held = told(nothing, reset, heard(message(1)), heard(message(2)), removed(1));
    expect(ids(held)).toEqual([2]);
    expect(ids(loadedLatest(held, page(2, 1), 100))).toEqual([2]);
    expect(ids(loadedOlder(held, page(1, 1), 100))).toEqual([2]);
  });

  test("makes place for the one that replaces it", () => {
    const held = told(nothing, reset, heard(message(1)), removed(1), heard(message(3)));
    expect(ids(held)).toEqual([3]);
  });
});
