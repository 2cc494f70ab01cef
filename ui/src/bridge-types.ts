// Generated from src-tauri/src/bridge.rs; `cargo xtask generate` writes it anew.

import type { Cause, ErrorCode, Event, HistoryQuery, MessagesQuery, Reason } from "./api";

export type About = { 
/**
 * Its version, which the agent's should be.
 */
version: string, 
/**
 * The settings file.
 */
settings: string, 
/**
 * The folder of settings, presets and credentials.
 */
config: string, 
/**
 * The file of the database.
 */
database: string, 
/**
 * The folder of the database and its copies.
 */
data: string, 
/**
 * The folder of log and state.
 */
state: string, };

export type Failure = { "kind": "no_agent" } | { "kind": "refused", 
/**
 * What the page may branch on.
 */
code: ErrorCode | null, 
/**
 * The option whose value cannot be taken, where it is one alone.
 */
option: string | null, 
/**
 * The same as the sentence, for another language.
 */
reason: Reason | null, 
/**
 * What a server, or the way there, did, where it is that.
 */
cause: Cause | null, 
/**
 * One sentence for the person.
 */
sentence: string, } | { "kind": "broken", 
/**
 * One sentence for the person.
 */
sentence: string, };

export type Notice = { "kind": "events", 
/**
 * At least one.
 */
events: Array<Event>, } | { "kind": "gone", 
/**
 * Why it is not there.
 */
failure: Failure, } | { "kind": "closing" };

export type Listed = { "what": "messages", 
/**
 * Which of them; its limit and place are set anew for each page.
 */
query: MessagesQuery, } | { "what": "history", 
/**
 * Of which subscription and time; its limit and end are set anew for each page.
 */
query: HistoryQuery, };

export type Format = "json" | "csv";

export type Appearance = { 
/**
 * Light or dark.
 */
look: Look, 
/**
 * The language of its page.
 */
language: Language, };

export type Look = "system" | "light" | "dark";

export type Language = "" | "en" | "zh-CN";
