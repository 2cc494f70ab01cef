// Values as the agent sends them, for the tests.
import type { Cause, HistoryEntry, Link, Message, Phase, Status } from "../api";

export const NOW = Date.parse("2026-03-01T12:00:00.000Z");

/** A time so many seconds before `NOW`; negative is after. */
export const ago = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString();

export const refused: Cause = {
  class: "network",
  code: "connection refused",
  sentence: "http://a.example refused the connection.",
};

export function link(phase: Phase, more: Partial<Link> = {}): Link {
  return {
    subscription: "a",
    name: "A",
    origin: "http://a.example",
    feed: "json",
    phase,
    lost: null,
    can_send: false,
    known_since: ago(86_400),
    last_heard: null,
    heartbeat: null,
    messages: 0,
    set_aside: 0,
    dropped: 0,
    silence: null,
    ...more,
  };
}

export function status(links: Link[]): Status {
  const agent = {
    version: "0.1.0",
    pid: 1,
    started: ago(60),
    settings: "/config.toml",
    edition: 1,
    tray: false,
    demo: false,
    notifications: { server: null, capabilities: [] },
    feeds: ["json", "ntfy"],
    locked: null,
  };
  return { agent, links, conditions: [], silence: null };
}

export function message(id: number, more: Partial<Message> = {}): Message {
  return {
    id,
    server_id: null,
    subscription: "a",
    title: `message ${id}`,
    body: "",
    priority: 3,
    time: ago(0),
    received: ago(0),
    url: null,
    tags: [],
    topic: null,
    icon: null,
    markdown: false,
    attachment: null,
    actions: [],
    rule: null,
    decision: "alert",
    shown: "shown",
    why: null,
    read: null,
    dismissed: null,
    ...more,
  };
}

type OutageEntry = Extract<HistoryEntry, { kind: "outage" }>;
type SpanEntry = Extract<HistoryEntry, { kind: "span" }>;

export function outage(more: Partial<OutageEntry> = {}): OutageEntry {
  return {
    kind: "outage",
    id: 1,
    subscription: "a",
    last_heard: ago(700),
    noticed: ago(600),
    recovered: ago(540),
    ended_by: more.recovered === null ? null : "streaming",
    duration_ms: 60_000,
    attempts: 2,
    cause: refused,
    latest: null,
    gap: false,
    caught_up: 0,
    ...more,
  };
}

export function span(more: Partial<SpanEntry> = {}): SpanEntry {
  return {
    kind: "span",
    id: 2,
    span: "paused",
    subscription: null,
    from: ago(300),
    to: ago(0),
    ...more,
  };
}
