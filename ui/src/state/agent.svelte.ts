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
import { asFailure, call, closeWindow, save, subscribe } from "../bridge";
import type { Failure, Format, Notice } from "../bridge-types";
import type { Words } from "../i18n";
import { isNarrow, query, type Filter } from "./filter";
import * as hold from "./hold";
import type { Held } from "./hold";
import { page, Reading } from "./reading";

const MESSAGES_PAGE = 100;
/** What is put at an end of the list while it is scrolled: more at once would hold up frames. */
const MORE_PAGE = 30;
/** On each side of a message that is asked for by its id. */
const AROUND_PAGE = 60;
const TICK_MS = 500;
/** What is unread is counted no oftener. */
const COUNT_EVERY_MS = 250;
/** What could not be loaded is asked for again after so long, and then after ever longer. */
const AGAIN_MS = [1_000, 2_000, 4_000, 8_000, 15_000] as const;

class Agent {
  held: Held = $state.raw(hold.nothing);
  /** The time that ages and countdowns are reckoned from. */
  now = $state(Date.now());
  /** What went wrong last, until the next command. */
  failure: Failure | null = $state.raw(null);

  /** What the person has seen is told to the agent. */
  reading = new Reading((messages) => void this.#read(messages), page);

  /** Which message the person is reading, for a list that is loaded anew; null while none is in view. */
  place: () => number | null = () => null;

  #loading = new Set<string>();
  /** What could not be loaded, and how often in a row. */
  #failed = new Map<string, { times: number; timer: ReturnType<typeof setTimeout> }>();
  #pending: (() => Promise<void>)[] = [];
  /** The commands whose answers are awaited. */
  #commands = new Set<Promise<void>>();

  /** Begins to listen; called once. */
  listen(): void {
    const tick = () => {
      if (!document.hidden) this.now = Date.now();
    };
    setInterval(tick, TICK_MS);
    document.addEventListener("visibilitychange", tick);
    void subscribe((told) => this.#hear(told)).catch((error: unknown) => {
      this.held = hold.fold(this.held, { kind: "gone", failure: asFailure(error) });
    });
  }

  /** What the person has said and can still take back is carried out before the page goes. */
  beforeClosing(flush: () => Promise<void>): void {
    this.#pending.push(flush);
  }

  /** Carries it out now, and waits for all that the agent was told to do. */
  async flush(): Promise<void> {
    await Promise.allSettled(this.#pending.map((flush) => flush()));
    await Promise.allSettled(this.#commands);
  }

  #hear(told: Notice): void {
    if (told.kind === "closing") {
      void this.flush().then(closeWindow);
      return;
    }
    this.held = hold.fold(this.held, told);
    this.now = Date.now();
    // Whatever went wrong with an agent that is gone is over.
    if (told.kind === "gone") this.failure = null;
    else if (told.events.some(({ event }) => event === "reset")) {
      this.#forget();
      const place = this.held.news && this.held.around === null ? this.place() : null;
      if (place !== null) this.held = hold.reread(this.held, place);
    }
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

  /** Deletes messages; they are gone from the page as soon as the agent has said yes. */
  async delete(messages: number[]): Promise<void> {
    await this.#command(async () => {
      await call("/v1/messages/delete", { messages });
      const removed = { event: "removed", data: { messages } } as const;
      this.held = hold.fold(this.held, { kind: "events", events: [removed] });
    });
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
    this.held = hold.narrowed(this.held, filter);
  }

  /** Lists the latest again, after older ones took their place. */
  latest(): void {
    this.held = hold.toLatest(this.held);
  }

  /** Lists a message that is asked for by its id. */
  show(message: number): void {
    this.held = hold.shown(this.held, message);
  }

  /** The person has scrolled the list. */
  scrolled(atTop: boolean, below: boolean): void {
    this.held = hold.scrolled(this.held, atTop, below);
  }

  /** The person has left the list. */
  left(): void {
    this.held = hold.left(this.held);
  }

  /** Loads the messages that are wanted where those held are stale. */
  loadMessages(): Promise<void> {
    const { around } = this.held;
    const asked = hold.from(this.held, null);
    if (around === null) {
      return this.#load(
        "messages",
        () => this.#page({}),
        (page) => hold.loadedLatest(this.held, asked, page, MESSAGES_PAGE),
      );
    }
    return this.#load(
      "messages",
      () => this.#around(around.id),
      (loaded) => hold.loadedAround(this.held, asked, loaded, AROUND_PAGE),
    );
  }

  /** A message with those above and below it; null where it is not kept. */
  async #around(id: number) {
    const [message] = await call("/v1/messages", { after: id - 1, limit: 1 } as MessagesQuery);
    if (message?.id !== id) return null;
    const { time } = message;
    const [above, below] = await Promise.all([
      this.#page({ above: id, above_time: time, limit: AROUND_PAGE }),
      this.#page({ before: id, before_time: time, limit: AROUND_PAGE }),
    ]);
    return { message, above, below };
  }

  #page(of: Partial<MessagesQuery>): Promise<Message[]> {
    const narrowed = query(this.held.filter, Date.now());
    return call("/v1/messages", { limit: MESSAGES_PAGE, ...narrowed, ...of } as MessagesQuery);
  }

  /** Writes what is listed to a file in the person's downloads; answers where. Rejects. */
  save(format: Format): Promise<string> {
    const asked = query(this.held.filter, Date.now()) as MessagesQuery;
    const saved = save({ what: "messages", query: asked }, format);
    void this.#awaited(saved);
    return saved;
  }

  /** The event of a message as it came. Rejects. */
  raw(message: number): Promise<RawMessage> {
    return call("/v1/messages/raw", { message });
  }

  /** Loads what follows the list. */
  async loadOlder(): Promise<void> {
    const last = this.held.messages.at(-1);
    // A list that is stale is loaded as a whole.
    if (!last || this.held.fresh) return;
    const asked = hold.from(this.held, "last");
    await this.#load(
      "older",
      () => this.#page({ before: last.id, before_time: last.time, limit: MORE_PAGE }),
      (page) => hold.loadedOlder(this.held, asked, page, MORE_PAGE),
    );
  }

  /** Loads what stands above a list that does not begin with the latest. */
  async loadNewer(): Promise<void> {
    const first = this.held.messages[0];
    if (!first || this.held.fresh || this.held.latest) return;
    const asked = hold.from(this.held, "first");
    await this.#load(
      "newer",
      () => this.#page({ above: first.id, above_time: first.time, limit: MORE_PAGE }),
      (page) => hold.loadedNewer(this.held, asked, page, MORE_PAGE),
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
      (counts) => hold.loadedUnread(this.held, counts),
      () => ({ ...this.held, unreadStale: true }),
    );
  }

  /** One load of a kind at a time. One that failed is due again after a while: what is held is told once more then,
   * `failed` says with what, and whoever still needs it asks for it again. */
  async #load<T>(
    kind: string,
    load: () => Promise<T>,
    fold: (loaded: T) => Held,
    failed: () => Held = () => ({ ...this.held }),
  ): Promise<void> {
    if (this.#loading.has(kind)) return;
    this.#loading.add(kind);
    try {
      const loaded = await load();
      // First this: what is held may be stale again already, and then the next load begins at once.
      this.#loading.delete(kind);
      if (this.#failed.delete(kind)) this.failure = null;
      this.held = fold(loaded);
    } catch (error) {
      this.#fail(error);
      const times = this.#failed.get(kind)?.times ?? 0;
      const again = () => {
        this.#loading.delete(kind);
        this.held = failed();
      };
      const wait = AGAIN_MS[Math.min(times, AGAIN_MS.length - 1)];
      this.#failed.set(kind, { times: times + 1, timer: setTimeout(again, wait) });
    }
  }

  /** An agent that is there again is asked at once. */
  #forget(): void {
    for (const [kind, { timer }] of this.#failed) {
      clearTimeout(timer);
      this.#loading.delete(kind);
    }
    this.#failed.clear();
  }

  /** That no agent answers is told by the stream, and shown as a state of the whole window. */
  #fail(error: unknown): void {
    const failure = asFailure(error);
    this.failure = failure.kind === "no_agent" ? null : failure;
  }

  async #command(run: () => Promise<unknown>): Promise<void> {
    this.failure = null;
    const done = run().then(
      () => undefined,
      (error: unknown) => this.#fail(error),
    );
    await this.#awaited(done);
  }

  /** What is under way is waited for where the window closes. */
  async #awaited(what: Promise<unknown>): Promise<void> {
    const done = what.then(
      () => undefined,
      () => undefined,
    );
    this.#commands.add(done);
    await done;
    this.#commands.delete(done);
  }
}

export const agent = new Agent();

/** A failure in a sentence. */
export function failureInWords(failure: Failure, words: Words): string {
  if (failure.kind === "no_agent") return words.noAgent;
  return failure.kind === "refused" ? words.refusal(failure) : failure.sentence;
}
