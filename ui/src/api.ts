// Generated from src-tauri/crates/api; `cargo xtask generate` writes it anew.

export type Accepted = { 
/**
 * The keys of the subscriptions that it changed.
 */
subscriptions: Array<string>, };

export type Act = { 
/**
 * The message's id.
 */
message: number, 
/**
 * What of it.
 */
what: ActOn, 
/**
 * The person's yes to what was asked.
 */
answer?: Yes, 
/**
 * The language of what is answered, as a tag such as `zh-CN`; English where missing or another.
 */
language?: string, };

export type ActOn = "link" | "attachment" | { "action": number } | { "text": string };

export type Acted = { "kind": "done", 
/**
 * Whether it went well.
 */
ok: boolean, 
/**
 * One sentence for the person.
 */
sentence: string, } | { "kind": "open", 
/**
 * The link, judged and in its plain form.
 */
url: string, } | { "kind": "copy", 
/**
 * Plain text.
 */
text: string, } | { "kind": "ask", 
/**
 * What to ask.
 */
asked: Question, };

export type Action = { 
/**
 * The button's text.
 */
label: string, 
/**
 * What it does.
 */
does: ActionKind, 
/**
 * What it opens, or whom it asks; null where it does neither.
 */
url: string | null, 
/**
 * What it says to programs elsewhere; null where it is for this one.
 */
text: string | null, };

export type ActionKind = "open" | "send" | "copy" | "tell";

export type AddSubscription = { 
/**
 * The URL, http or https.
 */
url: string, 
/**
 * Its label; made from the URL where missing.
 */
name?: string, 
/**
 * What it speaks; recognised where missing.
 */
feed?: string, 
/**
 * A bearer token, by where it is kept.
 */
bearer?: Credential, 
/**
 * A user's name and password, in the place of a token.
 */
basic?: Basic, 
/**
 * Other headers that are sent with each request.
 */
headers: Array<Header>, 
/**
 * The file with certificates of authorities to trust beside the system's, PEM, as an absolute path.
 */
ca?: string, 
/**
 * `none`, or an `http` or `socks5` URL; as the agent's environment says where missing.
 */
proxy?: string, 
/**
 * Do not follow it for now.
 */
paused: boolean, 
/**
 * Save it without trying it first.
 */
unchecked: boolean, 
/**
 * The person can be asked: a stream that ends at once is refused with
 * [`ErrorCode::NoPushFeed`] instead of being saved with a warning.
 */
asks: boolean, 
/**
 * What was found when it was tried, as its refusal told ([`ApiError::found`]) or [`Tried`]: to follow that
 * without trying it once more.
 */
found?: Found, 
/**
 * Where it cannot be reached it is refused with [`ErrorCode::Unreachable`] instead of being saved with a
 * warning.
 */
reached: boolean, 
/**
 * What else is set of it.
 */
options: { [key in string]: OptionValue }, };

export type Added = { 
/**
 * Its key in the settings.
 */
subscription: string, 
/**
 * What was found when it was tried.
 */
recognised: Recognised | null, 
/**
 * The latest message that the server holds, as it will look.
 */
preview: Preview | null, 
/**
 * Why it could not be tried, or is not followed yet, although it was saved; e.g. while offline.
 */
warning: string | null, };

export type AgentInfo = { 
/**
 * Its version.
 */
version: string, 
/**
 * Its process id.
 */
pid: number, 
/**
 * When it started.
 */
started: Time, 
/**
 * Where the settings file is.
 */
settings: string, 
/**
 * How often the settings were taken since the agent began: another number says that what was read of them
 * may be out of date.
 */
edition: number, 
/**
 * Whether a tray icon is registered.
 */
tray: boolean, 
/**
 * Whether the built-in demo is followed, since the settings hold no subscription.
 */
demo: boolean, 
/**
 * Who shows the notifications.
 */
notifications: Notifications, 
/**
 * What a subscription may speak: the names that `feed` may have.
 */
feeds: Array<string>, 
/**
 * Whether the session is locked; null where that is not known. Where it is, one may snooze until it is
 * unlocked.
 */
locked: boolean | null, };

export type ApiError = { 
/**
 * What a client may branch on; null where none does.
 */
code: ErrorCode | null, 
/**
 * One sentence: what happened, to what, what to do.
 */
sentence: string, 
/**
 * What was found all the same, with [`ErrorCode::NoPushFeed`]: send it in [`AddSubscription::found`] to
 * follow that.
 */
found: Found | null, 
/**
 * The option ([`Options`]) whose value cannot be taken, where it is one alone.
 */
option: string | null, 
/**
 * The same as the sentence, for another language.
 */
reason: Reason | null, 
/**
 * What a server, or the way there, did, where it is that.
 */
cause: Cause | null, };

export type Attachment = { 
/**
 * Its name; may be empty.
 */
name: string, 
/**
 * Where it is; http or https.
 */
url: string, 
/**
 * Its size, where the server knows it.
 */
bytes: number | null, };

export type Autostart = "off" | "entry" | "unit" | "both";

export type Basic = { 
/**
 * The name.
 */
user: string, 
/**
 * The password, by where it is kept.
 */
password: Credential, };

export type Cause = { 
/**
 * Whose fault it is.
 */
class: Class, 
/**
 * A stable short phrase, e.g. `missed heartbeat`, `HTTP 503`.
 */
code: string, 
/**
 * One sentence: what happened, to what, what the person can do.
 */
sentence: string, };

export type Certainty = "sure" | "likely" | "guess";

export type Class = "local" | "network" | "server" | "routine" | "refused" | "protocol";

export type Condition = { 
/**
 * Stable code, e.g. `settings_invalid`.
 */
code: string, 
/**
 * How grave.
 */
severity: Severity, 
/**
 * The subscription concerned, if one is.
 */
subscription: string | null, 
/**
 * What happened, to what, what to do.
 */
sentence: string, };

export type Connected = { 
/**
 * The HTTP version that the server speaks, e.g. `HTTP/1.1`.
 */
protocol: string, 
/**
 * The TLS version, e.g. `TLS 1.3`; null where the connection is not encrypted.
 */
tls: string | null, 
/**
 * The address and port that it goes to; null where that is not known.
 */
peer: string | null, 
/**
 * Whether that is a proxy.
 */
is_proxied: boolean, 
/**
 * How much of the stream has come on it. Bytes.
 */
received: number, };

export type Consent = { 
/**
 * The subscription's key.
 */
subscription: string, 
/**
 * Scheme, host and port of the server.
 */
origin: string, 
/**
 * The HTTP method.
 */
method: string, };

export type Credential = { "env": string } | { "file": string } | { "kept": string } | { "command": string };

export type Database = { 
/**
 * Where it is.
 */
path: string, 
/**
 * What is wrong with it, as SQLite says; null where nothing is.
 */
problem: string | null, 
/**
 * Whether all of it was looked through; false where that takes too long.
 */
whole: boolean, };

export type Decision = "alert" | "backlog" | "quiet";

export type DeleteMessages = { 
/**
 * At most 1000.
 */
messages: number[], };

export type Deleted = { 
/**
 * Their ids.
 */
messages: number[], };

export type Dial = { 
/**
 * When.
 */
at: Time, 
/**
 * Why.
 */
why: DialReason, };

export type DialReason = "start" | "retry" | "hint" | "person" | "doubt" | "anew";

export type EditGeneral = { 
/**
 * The options as the form got them.
 */
before: { [key in string]: OptionValue }, 
/**
 * The options as the form has them now. Only what differs is written.
 */
after: { [key in string]: OptionValue }, };

export type EditSubscription = { 
/**
 * Its key.
 */
subscription: string, 
/**
 * The options as the form got them.
 */
before: { [key in string]: OptionValue }, 
/**
 * The options as the form has them now. Only what differs is written.
 */
after: { [key in string]: OptionValue }, 
/**
 * Save it without trying it first. Else it is tried where the edit changes what is asked for, and refused as
 * with [`crate::AddSubscription`].
 */
unchecked: boolean, };

export type EndedBy = "streaming" | "pause" | "removal";

export type ErrorCode = "unknown_subscription" | "already_followed" | "credential_wanted" | "not_a_feed" | "no_push_feed" | "unreachable" | "changed";

export type Event = { "event": "reset", "data": Status } | { "event": "status", "data": Status } | { "event": "link", "data": Link } | { "event": "message", "data": Message } | { "event": "changed", "data": { 
/**
 * Their ids; of more than 1000, the latest.
 */
messages: number[], 
/**
 * What became of their alerts.
 */
shown: Shown | null, 
/**
 * Why, where that needs a reason.
 */
why: Why | null, 
/**
 * When they were read.
 */
read: Time | null, 
/**
 * When their notification was closed by the person.
 */
dismissed: Time | null, } } | { "event": "removed", "data": { 
/**
 * Their ids.
 */
messages: number[], } } | { "event": "history", "data": { 
/**
 * The subscription's key; null for the agent's own rows.
 */
subscription: string | null, } } | { "event": "handler", "data": HandlerRun };

export type Failed = { 
/**
 * When; of several dials that failed alike, the first.
 */
at: Time, 
/**
 * Why.
 */
cause: Cause, };

export type Found = { 
/**
 * Where its events come from.
 */
url: string, 
/**
 * What it speaks.
 */
recognised: Recognised, 
/**
 * What there is to know about it.
 */
warning: string | null, };

export type Frequent = { 
/**
 * Whose fault it is.
 */
class: Class, 
/**
 * The cause's stable short phrase.
 */
code: string, 
/**
 * How many outages began with it.
 */
times: number, };

export type GeneralOptions = { 
/**
 * The options.
 */
options: { [key in string]: OptionValue }, };

export type Handler = { 
/**
 * Its name.
 */
name: string, 
/**
 * What it runs for; of one that takes over from another, empty.
 */
on: Array<string>, 
/**
 * The one subscription that it is for; null where it is for all.
 */
subscription: string | null, 
/**
 * The handler that it takes over from.
 */
escalates: string | null, 
/**
 * Its program, without the arguments.
 */
program: string, 
/**
 * Whether it runs now.
 */
running: boolean, 
/**
 * Messages for which it was not run, in this run of the agent: within its cooldown, over its limit, or too
 * many at once.
 */
skipped: number, 
/**
 * Its latest run.
 */
last: HandlerRun | null, };

export type HandlerBegun = { 
/**
 * The handler's name.
 */
handler: string, 
/**
 * The key of the subscription that it runs for.
 */
subscription: string, };

export type HandlerEnd = "code" | "signal" | "timed_out" | "stopped" | "not_started";

export type HandlerRun = { 
/**
 * Increasing number; 0 of one that could not be stored.
 */
id: number, 
/**
 * The handler's name.
 */
handler: string, 
/**
 * What it ran for: `lost`, `down`, `recovered`, `refused`, `mute`, `gap` or `message`.
 */
on: string, 
/**
 * The subscription's key.
 */
subscription: string, 
/**
 * Whether the person had asked for it.
 */
by_hand: boolean, 
/**
 * When it began.
 */
at: Time, 
/**
 * How long it took.
 */
took_ms: number, 
/**
 * How it has ended.
 */
ended: HandlerEnd, 
/**
 * The exit code, or the signal's number; null where it has neither.
 */
code: number | null, 
/**
 * What it has printed; the middle of what is long is left out.
 */
output: string, };

export type Header = { 
/**
 * Its name.
 */
name: string, 
/**
 * Its value, by where it is kept.
 */
value: Credential, };

export type Health = { 
/**
 * Whether the agent does its work. A server that is away is none of its faults.
 */
ok: boolean, 
/**
 * Connections that stand.
 */
up: number, 
/**
 * Those that do not, and should.
 */
down: number, 
/**
 * Those that the person has paused.
 */
paused: number, };

export type Heartbeat = { 
/**
 * Milliseconds between heartbeats, or of silence allowed where the person set a plain timeout.
 */
cadence_ms: number, 
/**
 * Who says so.
 */
source: HeartbeatSource, 
/**
 * When the connection is given up for dead if no line arrives.
 */
dead_at: Time | null, };

export type HeartbeatSource = "timeout" | "settings" | "learned" | "feed";

export type HistoryEntry = { "kind": "outage" } & Outage | { "kind": "span" } & Span | { "kind": "handler" } & HandlerRun;

export type HistoryQuery = { 
/**
 * At most so many entries; 1 to 1000, 100 by default.
 */
limit?: number, 
/**
 * Only those of one subscription.
 */
subscription?: string, 
/**
 * Only what lasted until this time, or came after it.
 */
since?: Time, 
/**
 * Only what began before this time: the `from`, `noticed` or `at` of the last entry asks for the page after it.
 */
until?: Time, 
/**
 * Only what was whose doing.
 */
whose?: Whose, };

export type JournalRow = { 
/**
 * Increasing number.
 */
id: number, 
/**
 * When it happened, by the clock of the agent.
 */
at: Time, 
/**
 * The subscription's key; null for the agent's own rows.
 */
subscription: string | null, 
/**
 * `opened`, `lost`, `dial_failed`, `paused`, `resumed`, `gap`, `agent_started`, …
 */
kind: string, 
/**
 * Why, where there is a reason.
 */
cause: Cause | null, };

export type Link = { 
/**
 * The subscription's key in the settings: its identity.
 */
subscription: string, 
/**
 * Its label.
 */
name: string, 
/**
 * Scheme, host and port; never path or query, which may be secrets.
 */
origin: string, 
/**
 * What it speaks: `json`, `nchan`, …
 */
feed: string, 
/**
 * The state of the link.
 */
phase: Phase, 
/**
 * Since when it is lost; null where it is not. A restart of Hark does not end that, a pause does.
 */
lost: Time | null, 
/**
 * Whether a message of the person's own can be sent to its server.
 */
can_send: boolean, 
/**
 * Since when its history is known.
 */
known_since: Time, 
/**
 * When the last complete line arrived, in this run of the agent.
 */
last_heard: Time | null, 
/**
 * The heartbeat it is held to, once there is one.
 */
heartbeat: Heartbeat | null, 
/**
 * Stored messages.
 */
messages: number, 
/**
 * Events set aside in this run: undecodable or too large.
 */
set_aside: number, 
/**
 * Messages that the person's rules have dropped.
 */
dropped: number, 
/**
 * Why its messages are not shown as they come; null where they are.
 */
silence: Silence | null, };

export type LinkDetail = { 
/**
 * The subscription's key.
 */
subscription: string, 
/**
 * What its stream is called at its server, as its topics, where its feed says which part of the address that is;
 * null for every other feed: no other part of an address is told. It may be a secret of the person's.
 */
topic: string | null, 
/**
 * The connection that it streams on; null where it does not.
 */
connection: Connected | null, 
/**
 * How the next dial resumes.
 */
resumes: Resumes, 
/**
 * The id that the next dial resumes from; null where there is none.
 */
cursor: string | null, 
/**
 * The server's time that it resumes from, where its feed resumes by time.
 */
cursor_time: Time | null, 
/**
 * The latest dials of this run, newest first; at most 20.
 */
dials: Array<Dial>, 
/**
 * The latest failures, newest first; at most 10. A dial that fails as the one before did is none of its own.
 */
failures: Array<Failed>, };

export type LinkQuery = { 
/**
 * The subscription's key, or its name.
 */
subscription: string, };

export type Message = { 
/**
 * Our own increasing number, and the order.
 */
id: number, 
/**
 * The id that the wire gave this event, or null.
 */
server_id: string | null, 
/**
 * The subscription's key.
 */
subscription: string, 
/**
 * Plain text; empty where the server gave none.
 */
title: string, 
/**
 * Plain text.
 */
body: string, 
/**
 * 1 lowest to 5 highest; 3 is normal.
 */
priority: number, 
/**
 * When it was sent, as its server says; when it was received where that is earlier, or the server says
 * nothing. Lists are in this order.
 */
time: Time, 
/**
 * When the agent received it.
 */
received: Time, 
/**
 * What a click opens, where the settings allow it.
 */
url: string | null, 
/**
 * The server's tags.
 */
tags: Array<string>, 
/**
 * What it was published under, where one connection brings several topics.
 */
topic: string | null, 
/**
 * A picture to stand beside it; http or https.
 */
icon: string | null, 
/**
 * Whether the body is Markdown.
 */
markdown: boolean, 
/**
 * A file that came with it.
 */
attachment: Attachment | null, 
/**
 * What the person may do about it.
 */
actions: Array<Action>, 
/**
 * What was decided.
 */
decision: Decision, 
/**
 * The rule of the person's that decided, where one did.
 */
rule: string | null, 
/**
 * What became of its alert.
 */
shown: Shown, 
/**
 * Why, where that needs a reason.
 */
why: Why | null, 
/**
 * When the person read it; null while it is unread. What was there before it was followed is no news.
 */
read: Time | null, 
/**
 * When the person closed its notification.
 */
dismissed: Time | null, };

export type MessageTried = { 
/**
 * Its title, or where it has none the beginning of its body.
 */
text: string, 
/**
 * What would have been decided; null where it would have been dropped.
 */
decision: Decision | null, 
/**
 * Its priority then.
 */
priority: number, 
/**
 * The rule that would have decided.
 */
rule: string | null, };

export type MessagesQuery = { 
/**
 * At most so many; 1 to 1000, 100 by default. Fewer may come where they are large: only an empty
 * answer says that there are no more.
 */
limit?: number, 
/**
 * Only messages with a greater id, in the order of ids, which is that in which they were received.
 */
after?: number, 
/**
 * Only messages that stand behind the one with this id.
 */
before?: number, 
/**
 * The `time` of that one, by which its place is known where it was deleted meanwhile.
 */
before_time?: Time, 
/**
 * Only messages that stand above the one with this id, the nearest to it first: the other way from it than
 * `before`.
 */
above?: number, 
/**
 * The `time` of that one, for the same reason.
 */
above_time?: Time, 
/**
 * Only those of one subscription.
 */
subscription?: string, 
/**
 * Only those of this time or a later one.
 */
since?: Time, 
/**
 * Only those from before this time.
 */
until?: Time, 
/**
 * Only those of this priority or a higher one.
 */
priority?: number, 
/**
 * Only those that the person has not read.
 */
unread: boolean, 
/**
 * Only those with this tag.
 */
tag?: string, 
/**
 * Only those that hold all of these words, anywhere in title, body, tags or topic, whether in capitals or
 * not. Of each text the first 64 KiB are looked at, of a search the first 16 words.
 */
search?: string, };

export type Notifications = { 
/**
 * Name and version, e.g. `dunst 1.9.0`; null when none answers.
 */
server: string | null, 
/**
 * What it says it can do, e.g. `body-markup`.
 */
capabilities: Array<string>, };

export type OptionValue = boolean | number | string | Array<string> | Credential;

export type OptionsQuery = { 
/**
 * Its key, or its name.
 */
subscription: string, };

export type Outage = { 
/**
 * The number of the journal row that began it.
 */
id: number, 
/**
 * The subscription's key.
 */
subscription: string, 
/**
 * When the last line had arrived; null when it never streamed.
 */
last_heard: Time | null, 
/**
 * When the loss was noticed.
 */
noticed: Time, 
/**
 * When it ended; null while it lasts.
 */
recovered: Time | null, 
/**
 * What ended it; null while it lasts.
 */
ended_by: EndedBy | null, 
/**
 * From notice to its end, or to now.
 */
duration_ms: number, 
/**
 * Dials that failed in between.
 */
attempts: number, 
/**
 * Why it was lost.
 */
cause: Cause, 
/**
 * Why the latest dial failed, where that is another reason.
 */
latest: Cause | null, 
/**
 * Whether messages may have been missed for good.
 */
gap: boolean, 
/**
 * How many stored messages were sent while it was lost, by their server's time, and came afterwards.
 */
caught_up: number, };

export type Phase = { "phase": "idle" } | { "phase": "dialing", 
/**
 * 1 for the first dial since the link last streamed.
 */
attempt: number, 
/**
 * When this dial began.
 */
since: Time, 
/**
 * Why the last connection or dial ended; null where none had.
 */
cause: Cause | null, } | { "phase": "streaming", 
/**
 * When the connection opened.
 */
since: Time, 
/**
 * Whether what was missed may still be arriving.
 */
catching_up: boolean, } | { "phase": "backing_off", 
/**
 * How many dials have failed since the link last streamed.
 */
attempt: number, 
/**
 * When it will dial again.
 */
retry_at: Time, 
/**
 * Why the last connection or dial ended.
 */
cause: Cause, } | { "phase": "paused" } | { "phase": "halted", 
/**
 * What the server said.
 */
cause: Cause, };

export type Picture = { 
/**
 * A PNG in Base64; null where there is none, or none is to be fetched.
 */
png: string | null, };

export type Preview = { 
/**
 * May be empty.
 */
title: string, 
/**
 * May be empty.
 */
body: string, 
/**
 * 1 lowest to 5 highest.
 */
priority: number, 
/**
 * The server's time, where it gave one.
 */
time: Time | null, };

export type Question = { "kind": "link", 
/**
 * What would be opened.
 */
url: string, 
/**
 * What its host may be taken for.
 */
seems: Seems, } | { "kind": "request", 
/**
 * The HTTP method.
 */
method: string, 
/**
 * Scheme, host and port.
 */
origin: string, 
/**
 * The whole address.
 */
url: string, 
/**
 * Every header of the message's that is sent: name and value.
 */
headers: Array<[string, string]>, 
/**
 * All that is sent; may be empty.
 */
body: string, 
/**
 * What its host may be taken for.
 */
seems: Seems, 
/**
 * Whether the answer can be remembered.
 */
can_remember: boolean, };

export type QuietHours = { 
/**
 * For each day from Monday the 48 half hours from midnight, `1` where it is quiet and `0` where not; null where
 * the settings say more than that, to the minute or with comments.
 */
week: Array<string> | null, 
/**
 * The least priority that is shown nevertheless; null where none is, and where `week` is.
 */
passes: number | null, 
/**
 * The quiet hours as they stand in the settings. What is sent of it counts for nothing.
 */
text: string, };

export type RawMessage = { 
/**
 * The event's type.
 */
kind: string, 
/**
 * Its own id, where it had one.
 */
own_id: string | null, 
/**
 * Its data; of more than 256 KiB the beginning.
 */
data: string, 
/**
 * The length of all of its data, in bytes.
 */
bytes: number, };

export type RawQuery = { 
/**
 * Its id.
 */
message: number, };

export type Read = { 
/**
 * How many, up to [`COUNTED_MAX`].
 */
messages: number, };

export type ReadMessages = { 
/**
 * These, at most 1000.
 */
messages: number[], 
/**
 * All up to this id.
 */
up_to?: number, 
/**
 * Of those up to that id, only those of one subscription.
 */
subscription?: string, };

export type Reason = { 
/**
 * Which it is.
 */
code: ReasonCode, 
/**
 * What is filled in, by the names that the code's documentation has. `message` is a part of the sentence, in
 * English.
 */
values: { [key in string]: string }, };

export type ReasonCode = "url_unreadable" | "url_scheme" | "url_password" | "url_websocket" | "url_hidden" | "already_followed" | "unknown_subscription" | "settings_wrong" | "settings_unreadable" | "settings_unwritable" | "settings_slow" | "settings_busy" | "settings_changed" | "other_settings" | "value_unfit" | "value_length" | "value_size" | "value_event_size" | "value_retry" | "value_proxy" | "value_proxy_password" | "value_feed" | "value_least" | "value_priority" | "secret_gone" | "secret_elsewhere" | "secret_unfit" | "secret_unkept" | "secret_command" | "credential_elsewhere" | "rules_wrong" | "rules_more" | "quiet_hours_more" | "quiet_hours_wrong" | "not_recognised";

export type Recognised = { 
/**
 * The feed.
 */
feed: string, 
/**
 * What a person knows it by, e.g. `Home Assistant`.
 */
called: string, 
/**
 * How sure that is.
 */
certainty: Certainty, 
/**
 * Why it is believed to be that.
 */
reason: string, };

export type Relay = { 
/**
 * Where it is to listen, as the settings say: an address or a path. Null where it is off.
 */
at: string | null, 
/**
 * Whether it listens there.
 */
listens: boolean, 
/**
 * Why it does not; null where it does, or is off.
 */
problem: string | null, 
/**
 * The file with the token for all that it answers; null where it is off, or has no token as it is a socket.
 */
token_file: string | null, 
/**
 * The file with the token for messages alone, which may stand in an address.
 */
read_only_token_file: string | null, 
/**
 * The web pages that may ask.
 */
origins: Array<string>, 
/**
 * Those who follow it now.
 */
clients: Array<RelayClient>, 
/**
 * How many may at most.
 */
clients_max: number, };

export type RelayClient = { 
/**
 * Since when.
 */
since: Time, 
/**
 * What it calls itself (`User-Agent`), at most 100 characters; may be empty.
 */
agent: string, 
/**
 * The origin of the web page that it is; null where it is none.
 */
origin: string | null, 
/**
 * The id up to which it was sent all that it wants.
 */
reached: number, 
/**
 * How many messages it was sent.
 */
sent: number, };

export type RelayEvent = { "message": RelayMessage } | { "raw": RelayRaw } | { "removed": RelayRemoved } | { "status": RelayStatus } | { "gap": RelayGap };

export type RelayGap = { 
/**
 * The subscription's key; null where the id that was asked from is none of this store, so that nothing is
 * known of what came after it.
 */
subscription: string | null, 
/**
 * The id from which the client goes on.
 */
after: number, 
/**
 * The greatest id that may be missing; null where that is not known.
 */
up_to: number | null, };

export type RelayMessage = { 
/**
 * Hark's own increasing number, and the order.
 */
id: number, 
/**
 * The id that the wire gave this event, or null.
 */
server_id: string | null, 
/**
 * The subscription's key.
 */
subscription: string, 
/**
 * What it was published under, where one connection brings several topics.
 */
topic: string | null, 
/**
 * Plain text; may be empty.
 */
title: string, 
/**
 * Plain text.
 */
body: string, 
/**
 * 1 lowest to 5 highest; 3 is normal.
 */
priority: number, 
/**
 * When it was sent, as its server says, but never after it was received.
 */
time: Time, 
/**
 * When the agent received it.
 */
received: Time, 
/**
 * Its link; http, https or what the settings allow.
 */
url: string | null, 
/**
 * The server's tags.
 */
tags: Array<string>, 
/**
 * A picture to stand beside it; http or https.
 */
icon: string | null, 
/**
 * Whether the body is Markdown.
 */
markdown: boolean, 
/**
 * A file that came with it.
 */
attachment: Attachment | null, 
/**
 * What Hark decided: whether it is shown.
 */
decision: Decision, 
/**
 * The Harks that it has passed through.
 */
hark_hops: Array<string>, };

export type RelayRaw = { 
/**
 * Hark's own increasing number, and the order.
 */
id: number, 
/**
 * The event's id on the wire, or null.
 */
server_id: string | null, 
/**
 * The subscription's key.
 */
subscription: string, 
/**
 * What it was published under, where one connection brings several topics.
 */
topic: string | null, 
/**
 * The event's type.
 */
type: string, 
/**
 * The event's data.
 */
data: string, 
/**
 * When the agent received it.
 */
received: Time, 
/**
 * The Harks that it has passed through.
 */
hark_hops: Array<string>, };

export type RelayRefusal = { 
/**
 * One sentence. A Hark that follows shows it to its person.
 */
error: string, };

export type RelayRemoved = { 
/**
 * Its id.
 */
message: number, 
/**
 * Its subscription's key.
 */
subscription: string, };

export type RelayStatus = { 
/**
 * The subscription's key.
 */
subscription: string, 
/**
 * Its label.
 */
name: string, 
/**
 * How it is.
 */
state: Upstream, 
/**
 * Since when it is connected; null where it is not.
 */
since: Time | null, 
/**
 * Why it is down; null where it is not.
 */
cause: Cause | null, };

export type RenewToken = { 
/**
 * Whether it is the one for messages alone.
 */
read_only: boolean, };

export type Restarting = { 
/**
 * Whether whoever watches it, as systemd, starts it. Else the client has to.
 */
by_itself: boolean, };

export type Resumes = "id" | "time" | "all" | "new";

export type RuleTried = { 
/**
 * Its name, or its place.
 */
name: string, 
/**
 * How many messages it would have decided on.
 */
decided: number, };

export type RulesFor = { 
/**
 * The subscription's key.
 */
subscription: string, 
/**
 * The rules as TOML: `[[rules]]` tables, as in the settings. Those in force where missing.
 */
rules?: string, 
/**
 * The rules as wishes, where there is no text; beside a text, the least priority and the pictures of it count
 * alone.
 */
usual?: UsualRules, 
/**
 * Put them in force and write them into the settings as well.
 */
save: boolean, };

export type RulesTried = { 
/**
 * How many messages they were tried against: the latest that are stored, up to 100.
 */
tried: number, 
/**
 * How many of them would have been alerted.
 */
alerts: number, 
/**
 * How many would have been stored quietly.
 */
quiet: number, 
/**
 * How many would have been dropped.
 */
dropped: number, 
/**
 * Each rule, in order.
 */
rules: Array<RuleTried>, 
/**
 * Each message, the newest first.
 */
messages: Array<MessageTried>, 
/**
 * The rules as TOML.
 */
text: string, 
/**
 * What the rules say as wishes; null where they say more, or have comments.
 */
usual: UsualRules | null, 
/**
 * Whether the rules are in force now.
 */
saved: boolean, };

export type RunHandler = { 
/**
 * Its name.
 */
name: string, 
/**
 * What it is to be run for: `lost`, `down`, `recovered`, `refused`, `mute`, `gap` or `message`.
 */
as: string, 
/**
 * For which subscription, by its key or name; its own, or the only one, where missing.
 */
subscription?: string, };

export type Sample = { 
/**
 * Whether the notification server acknowledged it.
 */
shown: boolean, 
/**
 * One sentence for the person.
 */
sentence: string, };

export type Seems = { 
/**
 * Its host as the network knows it, where that has letters that are not ASCII: `xn--…`.
 */
host: string | null, 
/**
 * The same host as it is read.
 */
reads: string | null, 
/**
 * What stands before the host and is none of it.
 */
user: string | null, };

export type SendMessage = { 
/**
 * The subscription's key, or its name.
 */
subscription: string, 
/**
 * What it says, at most 64 KiB.
 */
text: string, 
/**
 * Its title.
 */
title?: string, 
/**
 * 1 lowest to 5 highest; the server's usual where missing.
 */
priority?: number, 
/**
 * Its tags.
 */
tags: Array<string>, 
/**
 * What a click opens, a URL.
 */
click?: string, 
/**
 * The topic to send to, where the subscription follows several.
 */
topic?: string, };

export type Sent = { 
/**
 * The key of the subscription that it was sent to.
 */
subscription: string, 
/**
 * Its label; the key where it has none.
 */
name: string, };

export type Severity = "error" | "warning";

export type Share = { 
/**
 * How long it was connected. Milliseconds.
 */
live_ms: number, 
/**
 * Of how long: while Hark ran, awake, and it was not paused. Milliseconds.
 */
followed_ms: number, 
/**
 * How many outages began.
 */
outages: number, 
/**
 * The longest outage of those that ended then, or last. Milliseconds.
 */
longest_ms: number, 
/**
 * Why most of them began; null where none did.
 */
cause: Frequent | null, };

export type Shown = "no" | "pending" | "held" | "shown" | "digest" | "folded" | "quiet" | "refused" | "withdrawn" | "nobody" | "old";

export type Silence = { 
/**
 * What it is: mute, the desktop's do-not-disturb, a snooze or quiet hours; the strictest where there are
 * several.
 */
why: Why, 
/**
 * This priority and higher is shown nevertheless; null where none is.
 */
passes: number | null, 
/**
 * Until when; null where that is not known. A snooze without a time is until the session is unlocked.
 */
until: Time | null, };

export type Snooze = { 
/**
 * The subscription's key or name; all of them where missing.
 */
subscription?: string, 
/**
 * Until when.
 */
until: SnoozeUntil, };

export type SnoozeUntil = { "minutes": number } | { "time": Time } | "morning" | "unlocked";

export type Snoozed = { 
/**
 * The subscription's key; null where it is all.
 */
subscription: string | null, 
/**
 * Until when; null where it is until the session is unlocked.
 */
until: Time | null, };

export type Span = { 
/**
 * The number of the journal row that began it.
 */
id: number, 
/**
 * What kind of span.
 */
span: SpanKind, 
/**
 * The subscription's key; null when it concerns all.
 */
subscription: string | null, 
/**
 * Its beginning.
 */
from: Time, 
/**
 * Its end; null while it lasts.
 */
to: Time | null, };

export type SpanKind = "agent_off" | "paused" | "asleep" | "missed";

export type Status = { 
/**
 * The agent itself.
 */
agent: AgentInfo, 
/**
 * One link per subscription, in the order of the settings.
 */
links: Array<Link>, 
/**
 * Health findings, the gravest first; empty when all is well.
 */
conditions: Array<Condition>, 
/**
 * What is silent for every subscription; null where nothing is.
 */
silence: Silence | null, };

export type SubscriptionOptions = { 
/**
 * Its key.
 */
subscription: string, 
/**
 * The options. What may be a secret in an address is left out of it, and `…` stands there.
 */
options: { [key in string]: OptionValue }, };

export type Target = { 
/**
 * Its key; all of them where missing and the command allows it.
 */
subscription?: string, };

export type Time = string;

export type Tried = { 
/**
 * What was found.
 */
found: Found, 
/**
 * What it is called where the person gives it no name: its topics, where the address names some.
 */
name: string, 
/**
 * The latest message that the server holds, as it will look.
 */
preview: Preview | null, };

export type TypedSecret = { 
/**
 * The address that it is for; its file is named by the host.
 */
url: string, 
/**
 * The secret, one line.
 */
secret: string, };

export type Unread = { 
/**
 * The subscription's key.
 */
subscription: string, 
/**
 * How many messages, up to [`COUNTED_MAX`].
 */
messages: number, };

export type Upstream = "connecting" | "up" | "down" | "paused" | "removed";

export type Uptime = { 
/**
 * The subscription's key.
 */
subscription: string, 
/**
 * Since when the history tells all of it. It holds a bounded number of rows, so that of the time before that
 * nothing is known but these shares.
 */
history_since: Time, 
/**
 * Today, by the local calendar.
 */
day: Share, 
/**
 * The last seven days, with today.
 */
week: Share, 
/**
 * The last thirty days, with today.
 */
month: Share, };

export type UsualRules = { 
/**
 * Messages of this priority and higher alert: 1 to 5.
 */
from: number, 
/**
 * Messages with one of these tags never alert.
 */
never: Array<string>, 
/**
 * Only messages whose title or text holds one of these alert, in capitals or not; all where there are none.
 */
only: Array<string>, 
/**
 * The sound of what alerts: a name of the desktop's sound theme, or `none`; the desktop's own where it is null.
 */
sound: string | null, 
/**
 * Whether pictures of messages are fetched and shown.
 */
pictures: boolean, };

export type Wanted = { 
/**
 * Whether it is.
 */
on: boolean, };

export type Whose = "server" | "network" | "refused" | "own";

export type Why = { "code": "mute" } | { "code": "do_not_disturb" } | { "code": "snooze" } | { "code": "quiet_hours" } | { "code": "age" } | { "code": "paused" } | { "code": "removed" } | { "code": "no_answer" } | { "code": "server", "text": string };

export type Woken = { 
/**
 * The keys of the subscriptions that were snoozed by themselves.
 */
subscriptions: Array<string>, 
/**
 * Whether all were snoozed together.
 */
all: boolean, 
/**
 * What is silent all the same.
 */
still: Silence | null, };

export type Yes = { 
/**
 * What was asked, as it was asked: a yes to anything else is none.
 */
asked: Question, 
/**
 * Whether it is not to be asked again for this subscription, server and method.
 */
remember: boolean, };

/** Every route: what it takes and what it answers. */
export interface Routes {
  "/v1/status": { method: "GET"; query: null; reply: Status };
  "/v1/links/detail": { method: "GET"; query: LinkQuery; reply: LinkDetail };
  "/v1/messages": { method: "GET"; query: MessagesQuery; reply: Array<Message> };
  "/v1/messages/unread": { method: "GET"; query: null; reply: Array<Unread> };
  "/v1/messages/raw": { method: "GET"; query: RawQuery; reply: RawMessage };
  "/v1/messages/picture": { method: "GET"; query: RawQuery; reply: Picture };
  "/v1/messages/read": { method: "POST"; query: ReadMessages; reply: Read };
  "/v1/messages/delete": { method: "POST"; query: DeleteMessages; reply: Deleted };
  "/v1/messages/act": { method: "POST"; query: Act; reply: Acted };
  "/v1/consents": { method: "GET"; query: null; reply: Array<Consent> };
  "/v1/consents/take-back": { method: "POST"; query: Consent; reply: Accepted };
  "/v1/outages": { method: "GET"; query: HistoryQuery; reply: Array<HistoryEntry> };
  "/v1/uptime": { method: "GET"; query: null; reply: Array<Uptime> };
  "/v1/journal": { method: "GET"; query: HistoryQuery; reply: Array<JournalRow> };
  "/v1/subscriptions/add": { method: "POST"; query: AddSubscription; reply: Added };
  "/v1/subscriptions/try": { method: "POST"; query: AddSubscription; reply: Tried };
  "/v1/subscriptions/options": { method: "GET"; query: OptionsQuery; reply: SubscriptionOptions };
  "/v1/subscriptions/edit": { method: "POST"; query: EditSubscription; reply: Added };
  "/v1/secrets": { method: "POST"; query: TypedSecret; reply: Credential };
  "/v1/subscriptions/remove": { method: "POST"; query: Target; reply: Accepted };
  "/v1/pause": { method: "POST"; query: Target; reply: Accepted };
  "/v1/resume": { method: "POST"; query: Target; reply: Accepted };
  "/v1/mute": { method: "POST"; query: Target; reply: Accepted };
  "/v1/unmute": { method: "POST"; query: Target; reply: Accepted };
  "/v1/snooze": { method: "POST"; query: Snooze; reply: Snoozed };
  "/v1/wake": { method: "POST"; query: Target; reply: Woken };
  "/v1/rules": { method: "POST"; query: RulesFor; reply: RulesTried };
  "/v1/settings": { method: "GET"; query: null; reply: GeneralOptions };
  "/v1/settings/set": { method: "POST"; query: EditGeneral; reply: GeneralOptions };
  "/v1/quiet-hours": { method: "GET"; query: null; reply: QuietHours };
  "/v1/quiet-hours/set": { method: "POST"; query: QuietHours; reply: QuietHours };
  "/v1/send": { method: "POST"; query: SendMessage; reply: Sent };
  "/v1/test": { method: "POST"; query: null; reply: Sample };
  "/v1/demo": { method: "POST"; query: null; reply: null };
  "/v1/handlers": { method: "GET"; query: null; reply: Array<Handler> };
  "/v1/handlers/run": { method: "POST"; query: RunHandler; reply: HandlerBegun };
  "/v1/relay": { method: "GET"; query: null; reply: Relay };
  "/v1/relay/set": { method: "POST"; query: Wanted; reply: null };
  "/v1/autostart": { method: "GET"; query: null; reply: Autostart };
  "/v1/autostart/set": { method: "POST"; query: Wanted; reply: Autostart };
  "/v1/relay/token": { method: "POST"; query: RenewToken; reply: null };
  "/v1/database": { method: "GET"; query: null; reply: Database };
  "/v1/stop": { method: "POST"; query: null; reply: null };
  "/v1/restart": { method: "POST"; query: null; reply: Restarting };
}
