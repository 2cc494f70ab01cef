// English, and by its type the list of all texts: a language that lacks one does not compile.
import type { Cause } from "../api";
import { messages } from "./en/messages";
import { settings } from "./en/settings";
import { shell } from "./en/shell";
import { form } from "./en/form";

export const en = {
  lang: "en",
  pages: { status: "Status", messages: "Messages", history: "History", settings: "Settings" },
  units: { d: "d", h: "h", min: "min", s: "s" },
  today: "Today",
  yesterday: "Yesterday",

  headline: {
    empty: "Nothing is followed yet",
    connected: "Connected",
    allConnected: "All connected",
    someConnected: (n: number, all: number) => `${n} of ${all} connected`,
    connecting: "Connecting…",
    notConnected: "Not connected",
    paused: "Paused",
  },
  emptyStatus: "Add the address of a push server, and its messages become notifications here.",
  demo: "This is the built-in demo. It ends when you add a subscription of your own.",

  phase: {
    idle: "Not started",
    dialing: "Connecting…",
    dialingFor: (time: string) => `Connecting for ${time}…`,
    nth: (text: string, attempt: number) => `${text} (attempt ${attempt})`,
    streaming: "Connected",
    retryIn: (time: string) => `Retrying in ${time}`,
    retryNow: "Retrying now",
    paused: "Paused",
    halted: "Stopped by the server",
  },
  failedDials: (n: number) => (n === 1 ? "1 attempt failed" : `${n} attempts failed`),
  heard: (ago: string) => `Heard ${ago} ago`,
  heardNow: "Heard just now",
  givenUp: (after: string) => `given up after ${after}`,
  overdue: "overdue",
  noHeartbeat: "no heartbeat known",
  neverHeard: "Nothing heard yet",
  heartbeat: {
    timeout: "a timeout from the settings",
    settings: "a heartbeat from the settings",
    learned: "a heartbeat learned from the stream",
    feed: "the heartbeat usual for this kind of server",
  },
  messageCount: (n: number) => (n === 1 ? "1 message" : `${n} messages`),
  setAside: (n: number) => `${n} set aside`,
  dropped: (n: number) => `${n} dropped by your rules`,

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
  removeSure: (name: string) => `Stop following ${name}? Its messages stay.`,
  keep: "Keep",

  edit: "Edit",
  rules: "Rules",
  rulesOf: (name: string) => `Rules for ${name}`,
  rulesExample:
    '[[rules]]\nname = "nightly noise"\ntext = "(?i)nightly"\nthen = "quiet"     # or "drop", "alert"\n\n' +
    '[[rules]]\nmin_priority = 4\nsound = "bell"',
  wouldAlert: (n: number, all: number) =>
    all === 0
      ? "There is no message yet to try them against."
      : `Of the latest ${all}, ${n} would have alerted.`,
  verdict: { alert: "alert", quiet: "quiet", backlog: "quiet", drop: "drop" },
  save: "Save",

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
  messages,
  settings,
  shell,
  readAll: "Mark all read",
  beforeFollowed: (name: string) => `before you followed ${name}`,
  news: (n: number) => `${n} new`,
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
    nobody: "not shown: nobody to show it to",
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

  noHistory: "No interruption so far",
  noHistoryHint: "When a connection is lost, this shows when, why and for how long.",
  lastDay: "Last 24 hours",
  lostFor: (time: string) => `Lost for ${time}`,
  lostStill: (time: string) => `Lost for ${time} so far`,
  neverConnected: (time: string) => `Never connected, for ${time}`,
  neverConnectedStill: (time: string) => `Not connected for ${time} so far`,
  then: "Then:",
  hoursAgo: (n: number) => `−${n}\u00a0h`,
  mayHaveMissed: (from: string, to: string) => `May have missed ${from}–${to}`,
  now: "now",
  span: {
    agent_off: (time: string) => `Hark was not running for ${time}`,
    paused: (time: string) => `Paused for ${time}`,
    asleep: (time: string) => `The computer slept for ${time}`,
    missed: (time: string) => `May have missed messages of ${time}`,
  },
  ran: (handler: string, ended: string) => `Handler ${handler} ${ended}`,
  runEnded: {
    well: "did well",
    code: (code: number) => `ended with code ${code}`,
    signal: (signal: number) => `was ended by signal ${signal}`,
    timed_out: "took too long and was ended",
    stopped: "was ended with Hark",
    not_started: "could not be started",
  },
  everything: "Everything",

  add: "Add",
  addTitle: "Follow a push server",
  feedUnknown: "not recognised yet",
  form,
  cancel: "Cancel",

  noAgent: "Hark is not running",
  noAgentHint: "Nothing is being followed, and no notification comes until it runs.",
  start: "Start Hark",
  starting: "Starting…",
  looking: "Looking for the agent…",

  /** Why, in a sentence. */
  cause: (cause: Cause) => cause.sentence,
};

export type Words = typeof en;
