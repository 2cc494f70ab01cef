import { describe, expect, test } from "vitest";
import type { Event, Message } from "../api";
import * as hold from "./hold";
import { fold, from, loadedUnread, MESSAGES_MAX, nothing, type Held } from "./hold";
import { everything } from "./filter";
import { ago, link, message, status } from "./samples";

const told = (held: Held, ...events: Event[]) => fold(held, { kind: "events", events });
const heard = (data: Message): Event => ({ event: "message", data });
const reset: Event = { event: "reset", data: status([link({ phase: "idle" })]) };
const ids = (held: Held) => held.messages.map((message) => message.id);
const loadedLatest = (held: Held, page: Message[], size: number) =>
  hold.loadedLatest(held, from(held, null), page, size);
const loadedOlder = (held: Held, page: Message[], size: number) =>
  hold.loadedOlder(held, from(held, "last"), page, size);
const loadedNewer = (held: Held, page: Message[], size: number) =>
  hold.loadedNewer(held, from(held, "first"), page, size);
const page = (from: number, to: number) =>
  Array.from({ length: Math.max(0, from - to + 1) }, (_, i) => message(from - i));

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

describe("a list that is read far from its top", () => {
  const full = loadedLatest(told(nothing, reset), page(1000, 1001 - MESSAGES_MAX), MESSAGES_MAX);
  const oldest = full.messages.at(-1)!.id;

  test("keeps the rows near its end, whatever comes, and says how much came", () => {
    const reading = hold.scrolled(full, false, true);
    const after = told(reading, ...[1001, 1002, 1003].map((id) => heard(message(id))));
    expect(ids(after)).toEqual(ids(full));
    expect(after.news).toEqual([1001, 1002, 1003]);
    expect(after.latest).toBe(false);
    const gone = told(after, { event: "removed", data: { messages: [1002] } });
    expect(gone.news).toEqual([1001, 1003]);
  });

  test("takes one into its middle at the cost of its top", () => {
    const reading = hold.scrolled(full, false, true);
    const late = message(2000, { time: ago(10) });
    const behind = { ...reading, messages: reading.messages.map((one) => ({ ...one })) };
    behind.messages[MESSAGES_MAX - 1]!.time = ago(20);
    const after = told(behind, heard(late));
    expect(after.messages.at(-2)?.id).toBe(2000);
    expect(after.messages.at(-1)?.id).toBe(oldest);
    expect(after.messages.length).toBe(MESSAGES_MAX);
    expect(after.latest).toBe(false);
  });

  test("near its top loses its end, which is out of sight", () => {
    const after = told(hold.scrolled(full, false, false), heard(message(1001)));
    expect(ids(after).slice(0, 2)).toEqual([1001, 1000]);
    expect([after.messages.length, after.older, after.latest]).toEqual([MESSAGES_MAX, true, true]);
    expect(after.news).toEqual([1001]);
  });

  test("is at its top only where that is the latest", () => {
    const after = told(hold.scrolled(full, false, true), heard(message(1001)));
    expect(hold.scrolled(after, true, false).news).toEqual([1001]);
    const back = loadedNewer(after, page(1001, 1001), 100);
    expect([back.latest, ids(back)[0], back.older]).toEqual([true, 1001, true]);
    expect(hold.scrolled(back, true, false).news).toBe(null);
    expect(hold.scrolled(full, true, false)).toBe(full);
  });

  test("counts no more than is worth counting", () => {
    const many = Array.from({ length: hold.NEWS_MAX + 5 }, (_, n) => heard(message(5000 + n)));
    expect(told(hold.scrolled(full, false, true), ...many).news?.length).toBe(hold.NEWS_MAX);
  });

  test("is loaded anew around what is read when the agent begins anew", () => {
    const reading = hold.scrolled(full, false, true);
    const again = hold.reread(told(reading, reset), 800);
    expect(again.around).toEqual({ id: 800, asked: false });
    const none = hold.loadedAround(again, from(again, null), null, 100);
    expect([none.around, none.missing]).toEqual([null, null]);
  });
});

describe("a message that is asked for by its id", () => {
  const latest = loadedLatest(told(nothing, reset), page(1000, 901), 100);
  const around = hold.shown(latest, 500);
  const load = (held: Held, above = page(560, 501), below = page(499, 440)) =>
    hold.loadedAround(held, from(held, null), { message: message(500), above, below }, 60);

  test("is loaded with what stands around it, and the list goes on from there", () => {
    expect(around.around).toEqual({ id: 500, asked: true });
    const there = load(around);
    expect(ids(there)).toEqual(ids({ ...there, messages: page(560, 440) }));
    expect([there.latest, there.older, there.fresh, there.around]).toEqual([
      false,
      true,
      null,
      null,
    ]);
    const up = loadedNewer(there, page(660, 561), 100);
    expect([ids(up)[0], up.latest]).toEqual([660, false]);
    const down = loadedOlder(up, page(439, 340), 100);
    expect(ids(down).at(-1)).toBe(340);
  });

  test("is left for the latest with the page, and so is the word that it is not kept", () => {
    const gone = hold.left(load(around));
    expect([gone.fresh !== null, gone.news, gone.below]).toEqual([true, null, false]);
    const none = loadedLatest(
      hold.loadedAround(around, from(around, null), null, 60),
      page(1000, 901),
      100,
    );
    expect([hold.left(none).missing, hold.left(none).fresh]).toEqual([null, null]);
  });

  test("is in the list already where it is listed", () => {
    const narrow = { ...latest, filter: { ...everything, unread: true } };
    expect(hold.shown(narrow, 950).messages).toBe(narrow.messages);
    expect(hold.shown(narrow, 5).filter).toBe(everything);
  });

  test("and is not kept any more is said to be so, and the latest are listed", () => {
    const none = hold.loadedAround(around, from(around, null), null, 60);
    expect([none.missing, none.around, none.fresh !== null]).toEqual([500, null, true]);
    expect(loadedLatest(none, page(1000, 901), 100).missing).toBe(500);
    const removed = told(around, { event: "removed", data: { messages: [500] } });
    expect(load(removed).missing).toBe(500);
  });

  test("near the top brings what came meanwhile", () => {
    const held = told(hold.shown(latest, 500), heard(message(1001)));
    const far = load(held);
    expect(ids(far)).not.toContain(1001);
    const near = load(held, page(520, 501));
    expect([ids(near)[0], near.latest]).toEqual([1001, true]);
  });
});

describe("an answer to an earlier question", () => {
  const held = loadedLatest(told(nothing, reset), page(100, 51), 50);

  test("is dropped", () => {
    const asked = from(held, "last");
    const newest = from(held, null);
    const other = hold.narrowed(held, { ...everything, unread: true });
    expect(ids(hold.loadedOlder(other, asked, page(50, 1), 50))).toEqual([]);
    expect(ids(hold.loadedLatest(other, newest, page(100, 51), 50))).toEqual([]);
    const back = loadedLatest(hold.toLatest(held), page(100, 51), 50);
    expect(ids(hold.loadedOlder(back, asked, page(50, 1), 50))).toEqual(ids(held));
    expect(ids(hold.loadedLatest(hold.toLatest(held), newest, page(60, 11), 50))[0]).toBe(100);
  });

  test("that would leave a hole in the list is dropped", () => {
    const full = loadedLatest(told(nothing, reset), page(1000, 1001 - MESSAGES_MAX), MESSAGES_MAX);
    const asked = from(full, "last");
    const moved = told(full, heard(message(1001)));
    const after = hold.loadedOlder(moved, asked, page(1000 - MESSAGES_MAX, 700), 20);
    expect(ids(after)).toEqual(ids(moved));
    const top = from(hold.scrolled({ ...full, latest: false }, false, true), "first");
    const cut = { ...full, latest: false, messages: full.messages.slice(1) };
    expect(ids(hold.loadedNewer(cut, top, page(1001, 1001), 100))[0]).toBe(999);
  });

  test("that misses what came meanwhile is not the end of it", () => {
    const middle = { ...held, latest: false };
    const asked = from(middle, "first");
    const meanwhile = told(middle, heard(message(200)));
    const after = hold.loadedNewer(meanwhile, asked, page(101, 101), 50);
    expect([ids(after)[0], after.latest]).toEqual([101, false]);
    expect(loadedNewer(after, page(200, 102), 100).latest).toBe(true);
  });
});

test("an id that was removed may come again in a database that was put back", () => {
  const removed = told(loadedLatest(told(nothing, reset), page(5, 1), 100), {
    event: "removed",
    data: { messages: [5] },
  });
  const again = loadedLatest(told(removed, reset), page(5, 1), 100);
  expect(ids(again)).toContain(5);
});
