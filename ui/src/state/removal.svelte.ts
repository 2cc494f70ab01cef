// A subscription that is removed can be brought back for a while: until then it is only out of sight, and the agent is
// not told. So what comes back is all of it: its table in the settings with the comments, its credential, its messages.
import type { Link } from "../api";
import { agent } from "./agent.svelte";

/** How long a person has to think better of it. */
const UNDO_MS = 8000;
/** So long it stays out of sight after the agent was told, until that tells of it. */
const TOLD_MS = 1000;

class Removal {
  /** What is about to be removed, as it was. */
  link: Link | null = $state.raw(null);
  /** What the agent was just told to remove. */
  #told: string | null = $state(null);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    agent.beforeClosing(() => this.flush());
  }

  /** Whether a subscription is out of sight. */
  hides(subscription: string): boolean {
    return subscription === this.link?.subscription || subscription === this.#told;
  }

  /** Removes it in a while; the one of before at once. */
  remove(link: Link): void {
    void this.flush();
    this.link = link;
    this.#timer = setTimeout(() => void this.flush(), UNDO_MS);
  }

  undo(): void {
    clearTimeout(this.#timer);
    this.link = null;
  }

  /** Removes now what waits for it. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    const { link } = this;
    this.link = null;
    if (!link) return;
    const key = link.subscription;
    this.#told = key;
    await agent.remove(key);
    const over = () => {
      if (this.#told === key) this.#told = null;
    };
    if (agent.failure) over();
    else setTimeout(over, TOLD_MS);
  }
}

export const removal = new Removal();
