// What was deleted can be brought back for a while: until then it is only out of sight, and the agent is not told.
import { agent } from "./agent.svelte";

/** How long a person has to think better of it. */
const UNDO_MS = 6000;

class Undo {
  /** What is about to be deleted, and can be brought back. */
  ids: ReadonlySet<number> = $state.raw(new Set());
  /** What the agent was told to delete, until it has. */
  #told: ReadonlySet<number> = $state.raw(new Set());
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    agent.beforeClosing(() => this.flush());
  }

  /** Whether a message is out of sight. */
  hides(id: number): boolean {
    return this.ids.has(id) || this.#told.has(id);
  }

  /** Deletes these in a while; those of before at once. */
  delete(ids: number[]): void {
    void this.flush();
    this.ids = new Set(ids);
    this.#timer = setTimeout(() => void this.flush(), UNDO_MS);
  }

  undo(): void {
    clearTimeout(this.#timer);
    this.ids = new Set();
  }

  /** Deletes now what waits for it. It stays out of sight until it is gone, or could not be deleted. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    const ids = [...this.ids];
    if (ids.length === 0) return;
    this.#told = new Set([...this.#told, ...ids]);
    this.ids = new Set();
    await agent.delete(ids);
    this.#told = new Set([...this.#told].filter((id) => !ids.includes(id)));
  }
}

export const undo = new Undo();
