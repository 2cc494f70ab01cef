// English, and by its type the list of all texts: a language that lacks one does not compile.
import type { Cause, Condition, Reason } from "../api";
import { first } from "./en/first";
import { links } from "./en/links";
import { messages } from "./en/messages";
import { settings } from "./en/settings";
import { outages } from "./en/outages";
import { shell } from "./en/shell";
import { form } from "./en/form";
import { ruleForm } from "./en/rules";

export const en = {
  lang: "en",
  pages: {
    messages: "Messages",
    connections: "Connections",
    outages: "Outages",
    settings: "Settings",
  },
  units: { d: "d", h: "h", min: "min", s: "s" },
  today: "Today",
  yesterday: "Yesterday",

  emptyStatus: "Add the address of a push server, and its messages become notifications here.",
  demo: "This is the built-in demo. It ends when you add a subscription of your own.",

  silence: {
    title: "Silence",
    muted: "Muted",
    doNotDisturb: "Silent: your desktop is not to disturb",
    until: (time: string) => `Silent until ${time}`,
    untilUnlocked: "Silent until unlocked",
    quietHours: (end: string | null, passes: number | null) => {
      const shown = passes === 5 ? "5 is shown" : `${passes} and up is shown`;
      const until = end === null ? "Quiet hours" : `Quiet hours until ${end}`;
      return passes === null ? until : `${until}; priority ${shown}`;
    },
    tomorrow: (time: string) => `tomorrow ${time}`,
    forAnHour: "For an hour",
    untilTomorrow: "Until tomorrow 8:00",
    untilEight: "Until 8:00",
    untilUnlock: "Until unlocked",
    end: "End",
    mute: "Mute",
    unmute: "Unmute",
    snooze: "Snooze",
  },

  pause: "Pause",
  resume: "Resume",
  remove: "Remove",

  rules: "Rules",
  ruleForm,
  edit: "Edit",

  noMessages: "No messages yet",
  noMessagesHint: "What arrives shows up here, the newest first.",
  justNow: "just now",
  ago: (time: string) => `${time} ago`,
  summary: {
    live: (n: number, all: number) => (n === all ? `${n} live` : `${n} of ${all} live`),
    paused: (n: number) => `${n} paused`,
  },
  find: {
    placeholder: "Search",
    subscription: "Subscription",
    all: "All",
    priority: "Priority",
    anyPriority: "Any priority",
    from: (priority: string) => `${priority} and up`,
    unread: "Unread",
    none: "Show all",
    nothing: "Nothing is like that.",
    tagged: (tag: string) => `Only those tagged ${tag}`,
  },
  first,
  links,
  messages,
  settings,
  outages,
  shell,
  readAll: "Mark all read",
  beforeFollowed: (name: string) => `before you followed ${name}`,
  news: (count: string) => `${count} new`,
  toLatest: "Back to the latest",
  deleted: "Deleted.",
  undo: "Undo",
  copy: "Copy",
  cannotCopy: "It could not be copied.",
  delete: "Delete",
  sent: (time: string) => `Sent ${time}`,
  older: "Older messages",
  priority: {
    1: "Lowest priority",
    2: "Low priority",
    3: "Normal priority",
    4: "High priority",
    5: "Urgent",
  },
  untitled: "(no text)",
  copied: "Copied.",
  copyIt: "No program here copies: copy this text.",
  ask: {
    link: "Open this link?",
    request: (method: string, origin: string) => `Send ${method} to ${origin}?`,
    wish: "The message asks for this. It is sent as it stands here, once, with no cookie or credential of yours.",
    host: (reads: string, host: string) =>
      `Its host has letters that may look like others: ${reads} is ${host}.`,
    user: (user: string) => `What stands before the @ is no part of its host: ${user}`,
    headers: "Headers",
    body: "Text",
    remember:
      "Do not ask again for this subscription, server and method, whatever the path and the text",
    each: "This is asked each time.",
    open: "Open",
    send: "Send",
  },
  more: "Show all",
  less: "Show less",
  backlog: "from before you followed it",
  shown: {
    pending: "not shown yet",
    digest: "told together with others",
    folded: "counted, as too many were on the screen",
    withdrawn: "read elsewhere",
    nobody: "not shown: no notification service",
  },
  held: (why: string) => `held back: ${why}`,
  keptQuiet: (why: string) => `kept quiet: ${why}`,
  notShown: (why: string) => `not shown: ${why}`,
  why: {
    mute: "muted",
    do_not_disturb: "do not disturb",
    snooze: "snoozed",
    quiet_hours: "quiet hours",
    age: "no news any more",
    paused: "paused",
    removed: "no longer followed",
    no_answer: "the notification server did not answer",
  },
  byRule: (rule: string) => `rule: ${rule}`,
  quiet: (rule: string | null) => (rule ? `quiet: ${rule}` : "quiet"),

  add: "Add",
  addTitle: "Follow a push server",
  form,
  cancel: "Cancel",

  noAgent: "Hark is not running",
  noAgentHint: "Nothing is being followed, and no notification comes until it runs.",
  start: "Start Hark",
  starting: "Starting…",
  looking: "Looking for the agent…",

  /** Why, in a sentence. */
  cause: (cause: Cause) => cause.sentence,
  /** Why something was refused, in a sentence. */
  refusal: (refused: { reason: Reason | null; cause: Cause | null; sentence: string }) =>
    refused.sentence,
  /** What is not well, in a sentence. */
  condition: (condition: Condition) => condition.sentence,
};

export type Words = typeof en;
