// The page of the outages.
export const outages = {
  none: "No outage so far",
  noneHint: "When a connection is lost, this shows when, why and for how long.",
  noneHere: "Nothing in this time.",
  noneLike: "Nothing like that in this time.",
  range: "Time shown",
  ranges: { hour: "1 h", day: "24 h", week: "7 d", quarter: "90 d" },
  back: "Back",
  zoomed: (from: string, to: string) => `${from} – ${to}`,
  all: "All subscriptions",
  everyCause: "Every cause",
  who: "Subscription",
  why: "Cause",
  groups: {
    server: "The server",
    network: "The way there",
    refused: "Refused",
    own: "This computer",
  },
  legend: {
    live: "live",
    server: "the server",
    network: "the way there",
    refused: "refused",
    own: "this computer's network",
    away: "not followed",
    missed: "may have missed",
    lasts: "still lost",
  },
  timeline: (name: string, n: number) =>
    `${name}: ${n === 0 ? "no outage" : n === 1 ? "1 outage" : `${n} outages`} in the time shown. ` +
    "Arrow keys go from one to the next, Enter shows it in the list, + and − zoom.",
  drag: "Drag over a timeline to zoom.",
  live: "live",
  unknown: "not known",
  and: (n: number) => `and ${n} more`,
  uptime: { day: "today", week: "7 days", month: "30 days" },
  uptimeOf: "Live, of the time in which Hark ran, unpaused and awake",
  longest: (time: string) => `longest ${time}`,
  mostly: (cause: string, n: number) => `mostly ${cause} (${n}×)`,
  everything: "everything",

  lasts: "so far",
  attempts: (n: number) => (n === 1 ? "1 attempt" : `${n} attempts`),
  caughtUp: (n: number) => `${n} caught up`,
  mayHaveMissed: "may have missed messages",
  then: (cause: string) => `then ${cause}`,
  never: "never connected",
  away: {
    agent_off: "Hark did not run",
    paused: "paused",
    asleep: "the computer slept",
    missed: "may have missed messages",
  },
  ran: (handler: string, ended: string) => `handler ${handler} ${ended}`,
  ended: {
    well: "did well",
    code: (code: number) => `ended with code ${code}`,
    signal: (signal: number) => `was ended by signal ${signal}`,
    timed_out: "took too long and was ended",
    stopped: "was ended with Hark",
    not_started: "could not be started",
  },
  story: {
    heard: (time: string) => `${time}: last heard from`,
    noticed: (time: string, sentence: string) => `${time}: ${sentence}`,
    later: (sentence: string) => `Later: ${sentence}`,
    tried: (n: number) =>
      n === 1 ? "1 attempt to connect failed." : `${n} attempts to connect failed.`,
    over: {
      streaming: (time: string) => `${time}: connected again`,
      pause: (time: string) => `${time}: paused`,
      removal: (time: string) => `${time}: removed`,
    },
    still: "It is not back yet.",
    caughtUp: (n: number) =>
      n === 1
        ? "1 message that was sent meanwhile came afterwards."
        : `${n} messages that were sent meanwhile came afterwards.`,
    gap: (from: string, to: string) =>
      `Messages sent between ${from} and ${to} may be missing for good: the server could not tell what it had sent.`,
    noGap: "Nothing is known to be missing.",
    now: "now",
  },
  more: "Show more",
  most: (n: number) => `Only the latest ${n} are shown.`,
  report: "Copy as a report",
  reportTitle: (name: string, server: string) => `Lost connections to ${name} (${server})`,
  reportPeriod: (from: string, to: string) =>
    `From ${from} to ${to}, times with their offset to UTC.`,
  reportNone: "None.",
  reportSum: (n: number, time: string) =>
    n === 1 ? `1 in all, ${time} together.` : `${n} in all, ${time} together.`,
  reportMore: (n: number) => `${n} earlier ones are left out.`,
};
