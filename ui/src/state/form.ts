// The form of one subscription, new or known: its options as they are typed, what of them is new, and how they meet
// a settings file that changes meanwhile. Pure. What is typed as a secret is never among them.
import type { AddSubscription, Credential, Found, OptionValue } from "../api";

/** Options by their names in the settings file; what is not there has its default. */
export type Options = { [name: string]: OptionValue };

/** How a server is told who asks. */
export type Access = "none" | "token" | "user";

/** Where a secret is, as a person chooses it. */
export type Place = "typed" | "env" | "file";

/** What an option holds, and so how it is edited. */
export type Kind = "text" | "number" | "flag" | "list" | "clients" | "feed";

/** Under "More", in groups and in this order. Whoever adds one gives it its words. */
export const MORE = {
  connection: [
    ["feed", "feed"],
    ["heartbeat", "text"],
    ["cadence", "text"],
    ["retry", "text"],
    ["spread", "text"],
    ["clients", "clients"],
    ["event_max", "text"],
    ["paused", "flag"],
  ],
  way: [
    ["proxy", "text"],
    ["ca", "text"],
    ["client_certificate.certificate", "text"],
    ["client_certificate.key", "text"],
    ["cleartext_credentials", "flag"],
  ],
  shown: [
    ["mute", "flag"],
    ["hide_content", "flag"],
    ["pictures_from", "list"],
  ],
  keep: [
    ["keep.messages", "number"],
    ["keep.days", "number"],
    ["keep.bytes", "text"],
    ["keep.journal", "number"],
  ],
  publish: [
    ["publish.url", "text"],
    ["publish.ca", "text"],
  ],
} as const satisfies { [group: string]: readonly (readonly [string, Kind])[] };

export type Group = keyof typeof MORE;
export type OptionName = (typeof MORE)[Group][number][0];

export function isCredential(value: OptionValue | undefined): value is Credential {
  return typeof value === "object" && !Array.isArray(value);
}

/** Where a secret may be said to be: where it is, or typed here. Another place is named in the settings file, as a page
 * that a stranger has got hold of could else have any file of this computer sent away. */
export function placesOf(...are: readonly Place[]): Place[] {
  return [...new Set<Place>(["typed", ...are])];
}

/** Where a secret is. What is kept by Hark, and what is nowhere yet, is typed. */
export function placeOf(value: OptionValue | undefined): Place {
  if (!isCredential(value)) return "typed";
  return "env" in value ? "env" : "file" in value ? "file" : "typed";
}

/** The variable's name or the file's path. */
export function namedPlace(value: OptionValue | undefined): string {
  if (!isCredential(value)) return "";
  return "env" in value ? value.env : "file" in value ? value.file : "";
}

/** How the options of one side of a subscription, its own or those for sending, tell who asks. */
export function accessOf(options: Options, side: "" | "publish."): Access {
  if (`${side}bearer` in options) return "token";
  return `${side}basic.user` in options || `${side}basic.password` in options ? "user" : "none";
}

/** The option that the secret of this kind of access is. */
export function secretOf(access: Access, side: "" | "publish."): string | null {
  if (access === "none") return null;
  return access === "token" ? `${side}bearer` : `${side}basic.password`;
}

/** The options with another value of one; without it where it is empty, which is its default. */
export function changed(options: Options, name: string, value: OptionValue | null): Options {
  const { [name]: _, ...others } = options;
  const isEmpty =
    value === null || value === "" || value === false || (Array.isArray(value) && !value.length);
  // What was written as false stays so: it is what the file says.
  const stays = value === false && name in options;
  return isEmpty && !stays ? others : { ...others, [name]: value as OptionValue };
}

/** The options without those of other kinds of access than this one. */
export function withAccess<T extends OptionValue>(
  options: { [name: string]: T },
  access: Access,
  side: "" | "publish.",
): { [name: string]: T } {
  const other = (name: string) =>
    (access !== "token" && name === `${side}bearer`) ||
    (access !== "user" && name.startsWith(`${side}basic.`));
  return Object.fromEntries(Object.entries(options).filter(([name]) => !other(name)));
}

const same = (one: OptionValue | undefined, other: OptionValue | undefined) =>
  JSON.stringify(one) === JSON.stringify(other);

/** The names of the options that differ. */
export function differing(one: Options, other: Options): string[] {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].filter((name) => !same(one[name], other[name]));
}

/** What a form holds, what the file said, and what the person has changed while the file was changed too. */
export interface Merged {
  base: Options;
  values: Options;
  conflicts: string[];
}

/** The file says something else now: that shows where the person has typed nothing. */
export function merged(base: Options, values: Options, file: Options): Merged {
  const result: Options = {};
  const conflicts: string[] = [];
  for (const name of new Set([
    ...Object.keys(values),
    ...Object.keys(file),
    ...Object.keys(base),
  ])) {
    const untouched = same(values[name], base[name]);
    const taken = untouched ? file[name] : values[name];
    if (taken !== undefined) result[name] = taken;
    if (!untouched && !same(file[name], base[name]) && !same(file[name], values[name])) {
      conflicts.push(name);
    }
  }
  return { base: file, values: result, conflicts };
}

/** An address that is worth a try: a host with a dot or a port, or this computer. */
export function isAddress(text: string): boolean {
  return /^(https?:\/\/)?(localhost|\[[0-9a-f:.]+\]|[^\s/?:@]+\.[^\s/?:@]+|[^\s/?:@]+(?=:\d))(:\d+)?([/?#].*)?$/i.test(
    text.trim(),
  );
}

/** What decides what answers: with another one of these, what was found before is of no use. */
export function question(values: Options): string {
  const asked = Object.entries(values).filter(([name]) =>
    /^(url|feed|bearer|ca|proxy|cleartext_credentials)$|^(basic|headers|client_certificate)\./.test(
      name,
    ),
  );
  return JSON.stringify(asked.sort());
}

/** How a new subscription is asked for. */
export function request(
  values: Options,
  how: { unchecked?: boolean; found?: Found | null },
): AddSubscription {
  const { url, name, feed, paused, ...options } = values;
  const asked: AddSubscription = {
    url: String(url ?? "").trim(),
    headers: [],
    paused: paused === true,
    unchecked: how.unchecked ?? false,
    asks: false,
    reached: !how.unchecked,
    options,
  };
  if (typeof name === "string" && name.trim()) asked.name = name.trim();
  if (typeof feed === "string" && feed !== "unknown") asked.feed = feed;
  if (how.found && !how.unchecked) asked.found = how.found;
  return asked;
}

/** The value of an option in words, for the person to compare. */
export function inWords(value: OptionValue | undefined): string {
  if (value === undefined) return "";
  if (isCredential(value)) return namedPlace(value);
  return Array.isArray(value) ? value.join(", ") : String(value);
}

/** The headers of one side, in the order of their names. */
export function headersOf(options: Options, side: "" | "publish."): string[] {
  const table = `${side}headers.`;
  return Object.keys(options)
    .filter((name) => name.startsWith(table))
    .map((name) => name.slice(table.length))
    .sort();
}
