import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Message, MessagesQuery } from "../api";
import type { Notice } from "../bridge-types";
import { link, message, status } from "./samples";

type Answer = (path: string, body: unknown) => unknown;
let answer: Answer;
let asked: [string, unknown][];
let tell: (told: Notice) => void;
const closed = vi.fn();

vi.mock("./reading", () => ({ page: {}, Reading: class {} }));
vi.mock("../bridge", () => ({
  asFailure: (error: Error) => ({ kind: "broken", sentence: error.message }),
  call: async (path: string, body: unknown) => {
    asked.push([path, body]);
    return answer(path, body);
  },
  closeWindow: closed,
  save: vi.fn(),
  subscribe: (hear: typeof tell) => {
    tell = hear;
    return Promise.resolve();
  },
}));

const all = Array.from({ length: 500 }, (_, n) => message(500 - n));

/** As the agent lists them. */
function listed(query: MessagesQuery): Message[] {
  const { after, above, before, limit } = query;
  if (after !== undefined)
    return all.filter(({ id }) => id > after).reverse().slice(0, limit); // prettier-ignore
  if (above !== undefined)
    return all.filter(({ id }) => id > above).reverse().slice(0, limit); // prettier-ignore
  return all.filter(({ id }) => before === undefined || id < before).slice(0, limit);
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.resetModules();
  vi.stubGlobal("document", { hidden: false, addEventListener: () => undefined });
  [asked, answer] = [[], (path, body) => (path === "/v1/messages" ? listed(body as never) : [])];
  closed.mockClear();
});

async function listening() {
  const { agent } = await import("./agent.svelte");
  agent.listen();
  tell({ kind: "events", events: [{ event: "reset", data: status([link({ phase: "idle" })]) }] });
  return agent;
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("what could not be loaded", () => {
  test("is due again after a while, and then ever later", async () => {
    const agent = await listening();
    answer = () => Promise.reject(new Error("busy"));
    void agent.loadMessages();
    await pass(0);
    expect(agent.failure).toMatchObject({ sentence: "busy" });
    void agent.loadMessages();
    await pass(999);
    expect(asked).toHaveLength(1);
    const before = agent.held;
    await pass(1);
    expect(agent.held).not.toBe(before);
    expect(agent.held.fresh).not.toBe(null);
    void agent.loadMessages();
    await pass(1500);
    void agent.loadMessages();
    expect(asked).toHaveLength(2);
    await pass(500);
    answer = (_, body) => listed(body as MessagesQuery);
    await agent.loadMessages();
    expect(agent.held.messages).toHaveLength(100);
    expect(agent.failure).toBe(null);
  });

  test("is due at once where the agent is there again", async () => {
    const agent = await listening();
    answer = () => Promise.reject(new Error("busy"));
    await agent.loadMessages();
    tell({ kind: "events", events: [{ event: "reset", data: status([]) }] });
    answer = (_, body) => listed(body as MessagesQuery);
    await agent.loadMessages();
    expect(agent.held.messages).toHaveLength(100);
  });

  test("is counted again where it was the count of what is unread", async () => {
    const agent = await listening();
    answer = () => Promise.reject(new Error("busy"));
    await agent.loadUnread();
    expect(agent.held.unreadStale).toBe(false);
    await pass(1000);
    expect(agent.held.unreadStale).toBe(true);
  });
});

test("what was overtaken is not listed, and is due again", async () => {
  const agent = await listening();
  let late: (page: Message[]) => void = () => undefined;
  answer = () => new Promise((done) => (late = done as typeof late));
  const load = agent.loadMessages();
  await pass(0);
  agent.narrow({ ...agent.held.filter, unread: true });
  const before = agent.held;
  late([message(9)]);
  await load;
  expect(agent.held.messages).toEqual([]);
  expect(agent.held).not.toBe(before);
  expect(agent.held.fresh).not.toBe(null);
});

test("a message that is asked for by its id is there in two rounds, and the list goes on from it", async () => {
  const agent = await listening();
  await agent.loadMessages();
  asked = [];
  agent.show(250);
  await agent.loadMessages();
  expect(asked).toHaveLength(3);
  const ids = () => agent.held.messages.map(({ id }) => id);
  expect(ids()).toContain(250);
  expect([ids()[0], ids().at(-1)]).toEqual([310, 190]);
  await agent.loadNewer();
  await agent.loadOlder();
  expect([ids()[0], ids().at(-1)]).toEqual([340, 160]);
  expect(agent.held.latest).toBe(false);
  agent.show(9999);
  await agent.loadMessages();
  expect(agent.held.missing).toBe(9999);
  await agent.loadMessages();
  expect(ids()[0]).toBe(500);
});

describe("before the window closes", () => {
  const deletes = () => asked.filter(([path]) => path === "/v1/messages/delete");

  test("what can still be taken back is done, and the window closes after it", async () => {
    await listening();
    const { undo } = await import("./undo.svelte");
    const { removal } = await import("./removal.svelte");
    undo.delete([3, 4]);
    removal.remove(link({ phase: "idle" }));
    const done: (() => void)[] = [];
    answer = () => new Promise<void>((resolve) => done.push(resolve));
    tell({ kind: "closing" });
    await pass(0);
    expect(deletes()).toEqual([["/v1/messages/delete", { messages: [3, 4] }]]);
    expect(asked.at(-1)).toEqual(["/v1/subscriptions/remove", { subscription: "a" }]);
    done[0]?.();
    await pass(0);
    expect(closed).not.toHaveBeenCalled();
    done[1]?.();
    await pass(0);
    expect(closed).toHaveBeenCalledOnce();
  });

  test("it closes at once where nothing is pending, or where it was taken back", async () => {
    await listening();
    const { undo } = await import("./undo.svelte");
    undo.delete([3]);
    undo.undo();
    tell({ kind: "closing" });
    await pass(0);
    expect(deletes()).toEqual([]);
    expect(closed).toHaveBeenCalledOnce();
  });

  test("a command that was given just now is waited for", async () => {
    const agent = await listening();
    let done = () => {};
    answer = () => new Promise<void>((resolve) => (done = resolve));
    void agent.pause("a");
    tell({ kind: "closing" });
    await pass(10);
    expect(closed).not.toHaveBeenCalled();
    done();
    await pass(0);
    expect(closed).toHaveBeenCalledOnce();
  });
});

describe("a message that is deleted", () => {
  test("stays out of sight from then on until it is gone", async () => {
    const agent = await listening();
    await agent.loadMessages();
    const { undo } = await import("./undo.svelte");
    const seen = () => agent.held.messages.some(({ id }) => id === 500 && !undo.hides(id));
    undo.delete([500]);
    expect(seen()).toBe(false);
    let done = () => {};
    answer = () => new Promise<void>((resolve) => (done = resolve));
    await pass(6000);
    expect(deletedNow()).toBe(true);
    expect([undo.ids.size, seen()]).toEqual([0, false]);
    done();
    await pass(0);
    expect(agent.held.messages.some(({ id }) => id === 500)).toBe(false);
    expect(undo.hides(500)).toBe(false);
  });

  const deletedNow = () => asked.some(([path]) => path === "/v1/messages/delete");

  test("comes back where it could not be deleted", async () => {
    const agent = await listening();
    await agent.loadMessages();
    const { undo } = await import("./undo.svelte");
    undo.delete([500]);
    answer = () => Promise.reject(new Error("locked"));
    await undo.flush();
    expect(undo.hides(500)).toBe(false);
    expect(agent.held.messages[0]?.id).toBe(500);
    expect(agent.failure).toMatchObject({ sentence: "locked" });
  });
});
