// What was deleted can be brought back for a while: until then it is only out of sight, and the agent is not told.
import { agent } from "./agent.svelte";

/** How long a person has to think better of it. */
const UNDO_MS = 6000;

class Undo {
  /** What is about to be deleted. */
  ids: ReadonlySet<number> = $state.raw(new Set());
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Deletes these in a while; those of before at once. */
  delete(ids: number[]): void {
    this.flush();
    this.ids = new Set(ids);
    this.#timer = setTimeout(() => this.flush(), UNDO_MS);
  }

  undo(): void {
    clearTimeout(this.#timer);
    this.ids = new Set();
  }

  /** Deletes now what waits for it. */
  flush(): void {
    clearTimeout(this.#timer);
    if (this.ids.size > 0) void agent.delete([...this.ids]);
    this.ids = new Set();
  }
}

export const undo = new Undo();
