// Generated from src-tauri/src/bridge.rs; `cargo xtask generate` writes it anew.

import type { ErrorCode, Event } from "./api";

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
failure: Failure, };
