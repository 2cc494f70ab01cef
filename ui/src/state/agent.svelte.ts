// The one place where the page meets the agent: hears it, loads what is in view, carries commands.
import type {
  AddSubscription,
  Added,
  EditSubscription,
  Message,
  MessagesQuery,
  QuietHours,
  RawMessage,
  RulesTried,
  SnoozeUntil,
  SubscriptionOptions,
  Tried,
  UsualRules,
} from "../api";
import { asFailure, call, save, subscribe } from "../bridge";
import type { Failure, Format } from "../bridge-types";
import type { Words } from "../i18n";
import { isNarrow, query, type Filter } from "./filter";
import {
  fold,
  loadedLatest,
  loadedOlder,
  loadedUnread,
  narrowed,
  nothing,
  toLatest,
  type Held,
} from "./hold";
import { page, Reading } from "./reading";

const MESSAGES_PAGE = 100;
const TICK_MS = 500;
/** What is unread is counted no oftener. */
const COUNT_EVERY_MS = 250;

class Agent {
  held: Held = $state.raw(nothing);
  /** The time that ages and countdowns are reckoned from. */
  now = $state(Date.now());
  /** What went wrong last, until the next command. */
  failure: Failure | null = $state.raw(null);

  /** What the person has seen is told to the agent. */
  reading = new Reading((messages) => void this.#read(messages), page);

  #loading = new Set<string>();

  /** Begins to listen; called once. */
  listen(): void {
    const tick = () => {
      if (!document.hidden) this.now = Date.now();
    };
    setInterval(tick, TICK_MS);
    document.addEventListener("visibilitychange", tick);
    void subscribe((told) => {
      this.held = fold(this.held, told);
      // Whatever went wrong with an agent that is gone is over.
      if (told.kind === "gone") this.failure = null;
      this.now = Date.now();
    }).catch((error: unknown) => {
      this.held = fold(this.held, { kind: "gone", failure: asFailure(error) });
    });
  }

  /** Pauses one, or all. */
  async pause(subscription: string | null): Promise<void> {
    await this.#command(() => call("/v1/pause", subscription === null ? {} : { subscription }));
  }

  /** Resumes one, or all. */
  async resume(subscription: string | null): Promise<void> {
    await this.#command(() => call("/v1/resume", subscription === null ? {} : { subscription }));
  }

  async mute(subscription: string, muted: boolean): Promise<void> {
    await this.#command(() => call(muted ? "/v1/mute" : "/v1/unmute", { subscription }));
  }

  /** Begins the demo, where nothing is followed yet. */
  async beginDemo(): Promise<void> {
    await this.#command(() => call("/v1/demo", null));
  }

  /** Snoozes one, or all. */
  async snooze(subscription: string | null, until: SnoozeUntil): Promise<void> {
    const asked = subscription === null ? { until } : { subscription, until };
    await this.#command(() => call("/v1/snooze", asked));
  }

  /** Ends the snooze of one, or every snooze. */
  async wake(subscription: string | null): Promise<void> {
    await this.#command(() => call("/v1/wake", subscription === null ? {} : { subscription }));
  }

  /** Sends a text to a subscription's server. Answers whether it took it. */
  async send(subscription: string, text: string): Promise<boolean> {
    await this.#command(() => call("/v1/send", { subscription, text, tags: [] }));
    return this.failure === null;
  }

  async remove(subscription: string): Promise<void> {
    await this.#command(() => call("/v1/subscriptions/remove", { subscription }));
  }

  async delete(messages: number[]): Promise<void> {
    await this.#command(() => call("/v1/messages/delete", { messages }));
  }

  /** Marks as read all of one subscription or of all, up to the latest; where the list is narrowed by more than that,
   * what is listed and nothing else. */
  async readAll(): Promise<void> {
    const { filter, messages } = this.held;
    if (isNarrow({ ...filter, subscription: null })) {
      const unread = messages.filter(({ read }) => read === null).map(({ id }) => id);
      await this.#command(() => call("/v1/messages/read", { messages: unread }));
      return;
    }
    const up_to = Math.max(0, ...messages.map(({ id }) => id));
    const of = filter.subscription === null ? {} : { subscription: filter.subscription };
    await this.#command(() => call("/v1/messages/read", { messages: [], up_to, ...of }));
  }

  /** A message that could not be marked stays unread, and is seen again. */
  async #read(messages: number[]): Promise<void> {
    await call("/v1/messages/read", { messages }).catch(() => undefined);
  }

  /** Adds a subscription. Unlike the others it rejects: the form shows the failure. */
  add(asked: AddSubscription): Promise<Added> {
    return call("/v1/subscriptions/add", asked);
  }

  /** Tries an address that is not followed yet. Rejects, as those below: the form shows why. */
  tryOut(asked: AddSubscription): Promise<Tried> {
    return call("/v1/subscriptions/try", asked);
  }

  /** The options of a subscription as they stand in the settings file. */
  options(subscription: string): Promise<SubscriptionOptions> {
    return call("/v1/subscriptions/options", { subscription });
  }

  /** Changes options of a subscription. */
  edit(asked: EditSubscription): Promise<Added> {
    return call("/v1/subscriptions/edit", asked);
  }

  /** The latest message of a subscription that is stored. */
  async latestOf(subscription: string): Promise<Message | null> {
    const asked = { subscription, limit: 1 } as MessagesQuery;
    return (await call("/v1/messages", asked))[0] ?? null;
  }

  /** Tries rules, as wishes or as text, or those in force, and saves them. Rejects: the form shows it. */
  rules(
    subscription: string,
    asked: { usual?: UsualRules; rules?: string },
    save: boolean,
  ): Promise<RulesTried> {
    return call("/v1/rules", { subscription, save, ...asked });
  }

  /** The quiet hours of the settings. Rejects, as the next. */
  quietHours(): Promise<QuietHours> {
    return call("/v1/quiet-hours", null);
  }

  setQuietHours(hours: QuietHours): Promise<QuietHours> {
    return call("/v1/quiet-hours/set", hours);
  }

  /** Lists other messages. */
  narrow(filter: Filter): void {
    this.held = narrowed(this.held, filter);
  }

  /** Lists the latest again, after older ones took their place. */
  latest(): void {
    this.held = toLatest(this.held);
  }

  /** Loads the latest messages where those held are stale. */
  loadMessages(): Promise<void> {
    const { filter } = this.held;
    const asked = { limit: MESSAGES_PAGE, ...query(filter, Date.now()) } as MessagesQuery;
    return this.#load(
      "messages",
      () => call("/v1/messages", asked),
      // What was asked for may not be what is wanted any more; then it is asked for once more.
      (page) =>
        filter === this.held.filter
          ? loadedLatest(this.held, page, MESSAGES_PAGE)
          : { ...this.held },
    );
  }

  /** Writes what is listed to a file in the person's downloads; answers where. Rejects. */
  save(format: Format): Promise<string> {
    const asked = query(this.held.filter, Date.now()) as MessagesQuery;
    return save({ what: "messages", query: asked }, format);
  }

  /** The event of a message as it came. Rejects. */
  raw(message: number): Promise<RawMessage> {
    return call("/v1/messages/raw", { message });
  }

  loadOlder(): Promise<void> {
    const { filter, messages } = this.held;
    const last = messages.at(-1);
    const asked = {
      limit: MESSAGES_PAGE,
      before: last?.id,
      before_time: last?.time,
      ...query(filter, Date.now()),
    } as MessagesQuery;
    return this.#load(
      "older",
      () => call("/v1/messages", asked),
      (page) =>
        filter === this.held.filter ? loadedOlder(this.held, page, MESSAGES_PAGE) : this.held,
    );
  }

  /** Counts what is unread, where that is another than was counted. */
  loadUnread(): Promise<void> {
    return this.#load(
      "unread",
      async () => {
        this.held = { ...this.held, unreadStale: false };
        const counts = await call("/v1/messages/unread", null);
        // In a flood of messages not with each of them.
        await new Promise((done) => setTimeout(done, COUNT_EVERY_MS));
        return counts;
      },
      (counts) => loadedUnread(this.held, counts),
    );
  }

  /** One load of a kind at a time. */
  async #load<T>(kind: string, load: () => Promise<T>, fold: (loaded: T) => Held): Promise<void> {
    if (this.#loading.has(kind)) return;
    this.#loading.add(kind);
    try {
      const loaded = await load();
      // First this: what is held may be stale again already, and then the next load begins at once.
      this.#loading.delete(kind);
      this.held = fold(loaded);
    } catch (error) {
      this.#loading.delete(kind);
      this.#fail(error);
    }
  }

  /** That no agent answers is told by the stream, and shown as a state of the whole window. */
  #fail(error: unknown): void {
    const failure = asFailure(error);
    this.failure = failure.kind === "no_agent" ? null : failure;
  }

  async #command(run: () => Promise<unknown>): Promise<void> {
    this.failure = null;
    try {
      await run();
    } catch (error) {
      this.#fail(error);
    }
  }
}

export const agent = new Agent();

/** A failure in a sentence. */
export function failureInWords(failure: Failure, words: Words): string {
  if (failure.kind === "no_agent") return words.noAgent;
  return failure.kind === "refused" ? words.refusal(failure) : failure.sentence;
}
