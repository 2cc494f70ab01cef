//! The local API: what the agent tells its clients and what they may ask of it.
//!
//! Every type and route that crosses the socket is declared here once. The agent serves them, the
//! command line and the window call them through [`client`], and `ui/src/api.ts` is generated from
//! them. This crate knows only where the socket is and how the agent is started
//! (`hark-local`); beyond that it carries values.

mod act;
pub mod client;
mod command;
mod computer;
mod consent;
pub mod csv;
mod database;
mod event;
mod handlers;
mod history;
mod message;
mod options;
pub mod reason;
mod relay;
pub mod route;
mod rules;
mod send;
mod silence;
pub mod start;
mod status;
mod time;

pub use act::{Act, ActOn, Acted, Question, Seems, Yes};
pub use command::{
    Accepted, AddSubscription, Added, ApiError, Basic, Certainty, Credential, ErrorCode, Found,
    Header, Preview, Recognised, Sample, Target, Tried,
};
pub use computer::{Autostart, Wanted};
pub use consent::Consent;
pub use database::Database;
pub use event::Event;
pub use handlers::{Handler, HandlerBegun, HandlerEnd, HandlerRun, RunHandler};
pub use history::{
    Cause, Class, EndedBy, Frequent, HistoryEntry, HistoryQuery, JournalRow, Outage, Share, Span,
    SpanKind, Uptime, Whose,
};
pub use message::{
    Action, ActionKind, Attachment, COUNTED_MAX, Decision, DeleteMessages, Deleted, Message,
    MessagesQuery, Picture, RawMessage, RawQuery, Read, ReadMessages, Shown, Unread, Why,
};
pub use options::{
    EditGeneral, EditSubscription, GeneralOptions, OptionValue, Options, OptionsQuery,
    SubscriptionOptions, TypedSecret,
};
pub use reason::{Reason, ReasonCode};
pub use relay::{
    Health, Relay, RelayClient, RelayEvent, RelayGap, RelayId, RelayMessage, RelayQuery, RelayRaw,
    RelayRefusal, RelayRemoved, RelayStatus, RenewToken, Upstream,
};
pub use rules::{MessageTried, QuietHours, RuleTried, RulesFor, RulesTried, UsualRules};
pub use send::{SendMessage, Sent};
pub use silence::{Silence, Snooze, SnoozeUntil, Snoozed, Woken};
pub use status::{
    AgentInfo, Condition, Connected, Dial, DialReason, Failed, Heartbeat, HeartbeatSource, Link,
    LinkDetail, LinkQuery, Notifications, Phase, Restarting, Resumes, Severity, Standing, Status,
    named,
};
pub use time::Time;

#[cfg(test)]
mod schema;
#[cfg(test)]
mod typescript;
