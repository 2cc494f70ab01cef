// The part of the history that the page of the outages shows, loaded in pages and kept up to date.
import type { HistoryEntry, HistoryQuery, Link, Uptime } from "../api";
import { asFailure, call, type Failure } from "../bridge";
import { agent } from "./agent.svelte";
import { stretch } from "./history";
import { loaded, type Loaded } from "./pages";
import { at } from "./time";

/** What the agent answers at most; and what is asked for where only the latest may be new. */
const PAGE = 1000;
const NEWS = 100;
/** What could not be loaded is asked for again after so long. */
const AGAIN_MS = 3_000;
/** More is not held: older ones are left out, and that is said. */
export const ENTRIES_MAX = 10_000;

class Outages {
  entries: readonly HistoryEntry[] | null = $state.raw(null);
  uptime: readonly Uptime[] = $state.raw([]);
  /** Whether there are older ones in that time that are not held. */
  isCut = $state(false);
  failure: Failure | null = $state.raw(null);

  /** Since when all of a link's history is held: nothing is known of the time before that. */
  since(link: Link): number {
    const told = this.uptime.find((one) => one.subscription === link.subscription);
    const oldest = this.isCut ? this.entries?.at(-1) : undefined;
    return Math.max(
      at(link.known_since),
      told ? at(told.history_since) : 0,
      oldest ? stretch(oldest).from : 0,
    );
  }

  /** Since when they are held. */
  #since = Infinity;
  #busy = false;
  #again: number | null = null;

  /** Loads what there is since a time, or only what is new where that is held already. */
  async load(since: number): Promise<void> {
    if (this.#busy) {
      this.#again = Math.min(since, this.#again ?? since);
      return;
    }
    this.#busy = true;
    try {
      const [held, uptime] = await Promise.all([this.#entries(since), call("/v1/uptime", null)]);
      this.entries = held.entries;
      this.isCut = held.isCut;
      this.#since = since;
      this.uptime = uptime;
      this.failure = null;
    } catch (error) {
      this.failure = asFailure(error);
      setTimeout(() => (agent.held = { ...agent.held, historyStale: true }), AGAIN_MS);
    }
    this.#busy = false;
    const again = this.#again;
    this.#again = null;
    if (again !== null) void this.load(again);
  }

  #entries(since: number): Promise<Loaded> {
    const from = new Date(since).toISOString();
    const known = since >= this.#since ? this.entries : null;
    const limit = known ? NEWS : PAGE;
    const ask = (until: string | null) =>
      call("/v1/outages", {
        limit,
        since: from,
        ...(until === null ? {} : { until }),
      } as HistoryQuery);
    return loaded(ask, known, limit, ENTRIES_MAX);
  }
}

export const outages = new Outages();

/** Told by the agent that there is something new; from then on it is held to be known. */
export function takeNews(): boolean {
  if (!agent.held.historyStale) return false;
  agent.held = { ...agent.held, historyStale: false };
  return true;
}
