import { expect, test } from "vitest";
import type { HistoryEntry } from "../api";
import { loaded } from "./pages";
import { ago, outage } from "./samples";

const made = (count: number, more: Partial<Parameters<typeof outage>[0]> = {}): HistoryEntry[] =>
  // Two at the same time each.
  Array.from({ length: count }, (_, n) =>
    outage({
      id: count - n,
      noticed: ago(Math.floor(n / 2) * 60 + 30),
      recovered: ago(0),
      ...more,
    }),
  );

/** An agent with these, that answers pages of 10. */
function agent(all: HistoryEntry[]) {
  let asked = 0;
  const ask = (until: string | null) => {
    asked += 1;
    const left = all.filter(
      (entry) => until === null || (entry as { noticed: string }).noticed <= until,
    );
    return Promise.resolve(left.slice(0, 10));
  };
  return { ask, asked: () => asked };
}

const ids = (entries: readonly HistoryEntry[]) => entries.map((entry) => entry.id);

test("all pages are read, and what is on two of them is there once", async () => {
  const all = made(35);
  const { entries, isCut } = await loaded(agent(all).ask, null, 10, 1000);
  expect(ids(entries)).toEqual(ids(all));
  expect(isCut).toBe(false);
});

test("no more is kept than is wanted", async () => {
  const { entries, isCut } = await loaded(agent(made(200)).ask, null, 10, 50);
  expect(entries).toHaveLength(50);
  expect(isCut).toBe(true);
});

test("what is known is not asked for again, unless something of it lasts", async () => {
  const all = made(100);
  const news = agent([outage({ id: 200, noticed: ago(0) }), ...all]);
  const { entries } = await loaded(news.ask, all, 10, 1000);
  expect(ids(entries)).toEqual([200, ...ids(all)]);
  expect(news.asked()).toBe(1);
  const lasting = all.map((entry) => (entry.id === 1 ? outage({ id: 1, recovered: null }) : entry));
  const again = agent(all);
  await loaded(again.ask, lasting, 10, 1000);
  expect(again.asked()).toBeGreaterThan(5);
});

test("many at one and the same time end the reading instead of repeating it", async () => {
  const same = agent(made(40, { noticed: ago(9) }));
  const { entries } = await loaded(same.ask, null, 10, 1000);
  expect(entries).toHaveLength(10);
});
