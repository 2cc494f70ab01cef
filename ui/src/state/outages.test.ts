import { beforeEach, expect, test, vi } from "vitest";
import type { HistoryEntry, Uptime } from "../api";
import { ago, link, NOW, outage } from "./samples";

let answer: (path: string) => unknown;
vi.mock("./agent.svelte", () => ({ agent: { held: { historyStale: false } } }));
vi.mock("../bridge", () => ({
  asFailure: (error: Error) => ({ kind: "broken", sentence: error.message }),
  call: async (path: string) => answer(path),
}));

const share = { live_ms: 0, followed_ms: 0, outages: 0, longest_ms: 0, cause: null };
const uptime = (history_since: string): Uptime => ({
  subscription: "a",
  history_since,
  day: share,
  week: share,
  month: share,
});

beforeEach(() => {
  vi.useFakeTimers();
  vi.resetModules();
});

async function loaded(entries: HistoryEntry[], since: string) {
  answer = (path) => (path === "/v1/uptime" ? [uptime(since)] : entries);
  const { outages } = await import("./outages.svelte");
  await outages.load(NOW - 90 * 86_400_000);
  return outages;
}

test("nothing is claimed of the time before the agent's history begins", async () => {
  const a = link({ phase: "idle" }, { known_since: ago(90 * 86_400) });
  expect((await loaded([], ago(90 * 86_400))).since(a)).toBe(NOW - 90 * 86_400_000);
  vi.resetModules();
  expect((await loaded([], ago(3600))).since(a)).toBe(NOW - 3_600_000);
});

test("nor of the time before the oldest entry that is held, where older ones are left out", async () => {
  const outages = await loaded([outage({ noticed: ago(7200) })], ago(90 * 86_400));
  const a = link({ phase: "idle" }, { known_since: ago(90 * 86_400) });
  outages.isCut = true;
  expect(outages.since(a)).toBe(NOW - 7_200_000);
});

test("a history that could not be loaded is due again", async () => {
  const { agent } = await import("./agent.svelte");
  answer = () => Promise.reject(new Error("busy"));
  const { outages } = await import("./outages.svelte");
  await outages.load(0);
  expect(outages.failure).toMatchObject({ sentence: "busy" });
  expect(agent.held.historyStale).toBe(false);
  await vi.advanceTimersByTimeAsync(3000);
  expect(agent.held.historyStale).toBe(true);
});
