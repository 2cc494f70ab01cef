// What a subscription's form holds: what the settings file says, what the person wants instead, and what they have typed
// and the agent does not have yet. It calls nobody; what is typed leaves it through the hand that it is given.
import type { Credential, OptionValue } from "../api";
import {
  accessOf,
  changed,
  differing,
  isAddress,
  merged,
  placeOf,
  secretOf,
  withAccess,
  type Access,
  type Options,
  type Place,
} from "./form";

/** What a form still lacks: the name of the sentence that says so, and the option that it is about. */
export type Lack = readonly [
  "addressWanted" | "userWanted" | "placeWanted" | "tokenWanted",
  option: string,
];

type Typed = { [name: string]: string };

export class Draft {
  /** What the file says. */
  base: Options = $state.raw({});
  /** What the form has. */
  values: Options = $state.raw({});
  /** The secrets that are typed and not yet kept, by option. */
  typed: Typed = $state.raw({});
  access: Access = $state("none");
  /** The access for what is sent, where that is another. */
  sending: Access = $state("none");
  /** Where the secret is. */
  place: Place = $state("typed");
  /** Whether the file was read; of a new one there is none. */
  loaded = $state(false);
  #clashes: string[] = $state.raw([]);

  url = $derived(String(this.values.url ?? ""));
  /** The option that holds the secret, where access wants one. */
  secret = $derived(secretOf(this.access, ""));
  /** The options that the person has changed and somebody else in the file, too. */
  conflicts = $derived(
    this.#clashes.filter((name) => differing(this.values, this.base).includes(name)),
  );

  /** A new one begins with an address, which may be empty. */
  constructor(subscription: string | null, address: string) {
    this.loaded = subscription === null;
    if (address !== "") this.values = { url: address };
  }

  /** Takes what the file says now; what the person has typed stays. */
  take(options: Options): void {
    const isFirst = !this.loaded;
    const untouched = isFirst || this.access === accessOf(this.base, "");
    const sendingUntouched = isFirst || this.sending === accessOf(this.base, "publish.");
    const result = isFirst
      ? { base: options, values: options, conflicts: [] }
      : merged(this.base, this.values, options);
    this.#clashes = [...new Set([...this.#clashes, ...result.conflicts])];
    this.base = result.base;
    this.values = result.values;
    if (untouched) this.choose(accessOf(this.values, ""));
    if (sendingUntouched) this.sending = accessOf(this.values, "publish.");
    this.loaded = true;
  }

  set(name: string, value: OptionValue | null): void {
    this.values = changed(this.values, name, value);
  }

  type(name: string, text: string): void {
    const { [name]: _, ...others } = this.typed;
    this.typed = text === "" ? others : { ...others, [name]: text };
  }

  /** What was typed goes. */
  forget(): void {
    this.typed = {};
  }

  choose(to: Access): void {
    this.access = to;
    this.values = this.#switched(to, "");
    this.typed = withAccess(this.typed, to, "");
    const option = secretOf(to, "");
    this.place = option ? placeOf(this.values[option]) : "typed";
  }

  chooseSending(to: Access): void {
    this.sending = to;
    this.values = this.#switched(to, "publish.");
    this.typed = withAccess(this.typed, to, "publish.");
  }

  /** The access of the file in place of what the person has chosen. */
  chooseThatOfTheFile(): void {
    this.values = { ...withAccess(this.values, "none", "") };
    this.choose(accessOf(this.base, ""));
  }

  /** The secret is somewhere else. */
  move(to: Place): void {
    this.place = to;
    const { secret, base } = this;
    if (!secret) return;
    this.type(secret, "");
    this.set(secret, placeOf(base[secret]) === to ? (base[secret] ?? null) : null);
  }

  /** With another kind of access, the options of the one before go, and those of the file come back. */
  #switched(to: Access, side: "" | "publish."): Options {
    const is = (name: string) => to !== "none" && accessOf({ [name]: true }, side) === to;
    const from = Object.entries(this.base).filter(([name]) => is(name));
    return { ...Object.fromEntries(from), ...withAccess(this.values, to, side) };
  }

  /** What is missing before it can be saved. */
  lacks(isNew: boolean): Lack | null {
    if (isNew && !isAddress(this.url)) return ["addressWanted", "url"];
    for (const [side, kind] of [
      ["", this.access],
      ["publish.", this.sending],
    ] as const) {
      const option = secretOf(kind, side);
      if (option === null) continue;
      const has = option in this.values || this.typed[option]?.trim();
      const user = `${side}basic.user`;
      if (kind === "user" && !this.values[user]) return ["userWanted", user];
      if (!has && side === "" && this.place !== "typed") return ["placeWanted", option];
      if (!has) return [kind === "user" ? "userWanted" : "tokenWanted", option];
    }
    return null;
  }

  /** Hands over what is typed, a field at a time; a field whose secret is kept is empty. They are for
   * the server at `followed`, which is where it was found, or for the one to send to. Rejects as `keep` does. */
  async keepTyped(
    keep: (url: string, secret: string) => Promise<Credential>,
    followed: string = this.url,
  ): Promise<void> {
    for (const [name, text] of Object.entries(this.typed)) {
      const sends = this.values["publish.url"];
      const url = name.startsWith("publish.") && typeof sends === "string" ? sends : followed;
      const kept = await keep(url, text);
      this.type(name, "");
      this.set(name, kept);
    }
  }
}
