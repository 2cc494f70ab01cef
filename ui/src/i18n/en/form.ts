// The form of a subscription, new or known.
import type { Certainty } from "../../api";
import type { Group, OptionName } from "../../state/form";

const option = (label: string, unset: string, hint = "") => ({ label, unset, hint });

const options: { [name in OptionName]: { label: string; unset: string; hint: string } } = {
  feed: option("Kind of server", "Detect automatically"),
  heartbeat: option(
    "Drop the connection after silence of",
    "by the server's heartbeat",
    "A plain timeout, such as 30s.",
  ),
  cadence: option(
    "The server's heartbeat comes every",
    "learned from the stream",
    "Such as 45s. Set this or the timeout above, not both.",
  ),
  retry: option(
    "Try again at",
    "growing intervals",
    "For the same interval each time write: fixed 5s",
  ),
  spread: option(
    "Spread the first attempt over",
    "by the number of clients",
    "After a loss, so that not all clients come back at once. Such as 10s.",
  ),
  clients: option("Clients of this server", "by its address"),
  event_max: option("Largest event", "4 MiB"),
  paused: option("Paused: not connected for now", "no"),
  proxy: option("Proxy", "as the environment says", "Such as socks5://127.0.0.1:1080, or none."),
  ca: option(
    "Trust these certificates as well",
    "the system's only",
    "A PEM file with the certificates of an authority.",
  ),
  "client_certificate.certificate": option("Client certificate", "none", "A PEM file."),
  "client_certificate.key": option("Its key", "none", "A PEM file."),
  cleartext_credentials: option("Send the token over plain http as well", "no"),
  mute: option("Muted: no notifications", "no"),
  hide_content: option("Notifications say only that there is a message", "no"),
  pictures_from: option(
    "Pictures may also come from",
    "only its own server",
    "Servers such as https://cdn.example, separated by spaces. Pictures themselves are allowed under Rules.",
  ),
  "keep.messages": option("Messages", "20,000"),
  "keep.days": option("Days", "365"),
  "keep.bytes": option("Size", "64 MiB", "Such as 16 MiB."),
  "keep.journal": option("Rows of connection history", "5,000"),
  "publish.url": option("Address to send to", "found from the address above"),
  "publish.ca": option("Trust these certificates as well", "as above"),
};

const groups: { [name in Group | "access" | "headers"]: { title: string; hint: string } } = {
  access: { title: "Access", hint: "" },
  headers: { title: "Other headers", hint: "Sent with each request." },
  connection: { title: "Connection", hint: "" },
  way: { title: "The way there", hint: "" },
  shown: { title: "Notifications", hint: "" },
  keep: {
    title: "What is kept",
    hint: "The oldest messages go first. The defaults are those for all.",
  },
  publish: {
    title: "Sending",
    hint: "For messages of your own. Left alone, the access above is used.",
  },
};

const recognised: { [certainty in Certainty]: string } = {
  sure: "Recognised as",
  likely: "Probably",
  guess: "Perhaps",
};

export const form = {
  options,
  groups,
  add: "Follow a push server",
  edit: (name: string) => `Edit ${name}`,
  address: "Address",
  addressExample: "ntfy.sh/alerts",
  addressHidden:
    "A part of this address may be a secret and is not shown (…). To change it, type all of it.",
  name: "Name",
  access: "Access",
  accesses: { none: "None", token: "Token", user: "User and password" },
  token: "Token",
  user: "User",
  password: "Password",
  kept: "kept; type to replace it",
  fromCommand: (program: string) => `printed by ${program}; type to replace it`,
  once: "It goes to Hark once, into a file that only you can read, and is never shown again.",
  where: "Where it is",
  whereIs: { none: "", token: "Where the token is", user: "Where the password is" },
  places: { typed: "Typed here", env: "In a variable", file: "In a file" },
  variable: "Name of the variable",
  variableHint: "A variable of the agent's environment.",
  path: "Path of the file",
  pathHint: "A file with the secret alone, readable only by you (mode 0600).",
  header: "Name of the header",
  addHeader: "Add a header",
  removeHeader: (name: string) => `Remove the header ${name}`,
  value: "Value",
  more: "More",
  default: (value: string) => `default: ${value}`,
  clients: { few: "Few", many: "Many" },
  recognised: (certainty: Certainty, called: string, reason: string) => ({
    before: recognised[certainty],
    called,
    after: reason ? `: ${reason}.` : ".",
  }),
  looking: "Trying it…",
  busy: "One moment…",
  preview: "The latest message there",
  previewKnown: "The latest message",
  noPreview: "It holds no earlier message.",
  follow: "Follow",
  save: "Save",
  saveAnyway: "Save and keep trying",
  changeAddress: "Change address",
  followAnyway: "Follow it anyway",
  addressWanted: "Enter the address of a push server, such as ntfy.sh/alerts.",
  tokenWanted: "Type the token, or choose “None”.",
  userWanted: "Type the user's name and the password, or choose “None”.",
  placeWanted: "Say where the secret is.",
  headerWanted: "Give each header a name and a value.",
  conflict: (there: string) =>
    there
      ? `The settings file now says “${there}” here.`
      : "The settings file no longer sets this.",
  conflictTake: "Take that",
  wrongSecret: "It refuses this one. Type another.",
  saved: "Saved",
  codes: {
    unknown_subscription: "It was removed. There is nothing to save any more.",
    already_followed: "You follow this already.",
    credential_wanted: "It wants a token, or a user and password.",
    not_a_feed: "What answers there is no push server.",
    no_push_feed: "It streams, but nothing that is still to come.",
    unreachable: "It cannot be reached now.",
    changed: "The settings file was changed meanwhile. Nothing was saved.",
  },
  added: (name: string) => `Following ${name}`,
  done: "Done",
};
