//! Every route of the local API, once.

use std::marker::PhantomData;

use http::Method;

use crate::{
    Accepted, Act, Acted, AddSubscription, Added, Autostart, Consent, Credential, Database,
    DeleteMessages, Deleted, EditGeneral, EditSubscription, GeneralOptions, Handler, HandlerBegun,
    HistoryEntry, HistoryQuery, JournalRow, LinkDetail, LinkQuery, Message, MessagesQuery,
    OptionsQuery, Picture, QuietHours, RawMessage, RawQuery, Read, ReadMessages, Relay, RenewToken,
    Restarting, RulesFor, RulesTried, RunHandler, Sample, SendMessage, Sent, Snooze, Snoozed,
    Status, SubscriptionOptions, Target, Tried, TypedSecret, Unread, Uptime, Wanted, Woken,
};

/// The routes that the window's page may call, which shows what strangers sent. Not among them is what runs a
/// program, and what has to do with the relay's tokens.
pub const FOR_THE_PAGE: &[&str] = &[
    STATUS.path,
    LINK.path,
    MESSAGES.path,
    UNREAD.path,
    RAW.path,
    READ.path,
    DELETE.path,
    CONSENTS.path,
    TAKE_BACK.path,
    OUTAGES.path,
    UPTIME.path,
    ADD.path,
    REMOVE.path,
    PAUSE.path,
    RESUME.path,
    MUTE.path,
    UNMUTE.path,
    SNOOZE.path,
    WAKE.path,
    RULES.path,
    GENERAL.path,
    SET_GENERAL.path,
    QUIET_HOURS.path,
    SET_QUIET_HOURS.path,
    SEND.path,
    TEST.path,
    DEMO.path,
    HANDLERS.path,
    RELAY.path,
    SET_RELAY.path,
    AUTOSTART.path,
    SET_AUTOSTART.path,
    DATABASE.path,
    TRY.path,
    OPTIONS.path,
    EDIT.path,
    SECRET.path,
];

/// The largest body; no client sends a larger one. Bytes.
const BODY_BYTES_MAX: usize = 2 << 20;
/// The largest one that holds a secret: of 64 KiB, and escaped. Bytes.
const SECRET_BODY_BYTES_MAX: usize = 160 << 10;

/// What a route's method says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// `GET`: reads and changes nothing.
    Get,
    /// `POST`: acts.
    Post,
}

impl Verb {
    /// The HTTP method.
    #[must_use]
    pub fn method(self) -> Method {
        match self {
            Self::Get => Method::GET,
            Self::Post => Method::POST,
        }
    }
}

/// A route that takes `Q` (a query string for `GET`, a JSON body for `POST`) and answers `R` as
/// JSON, or an [`crate::ApiError`] with a status of 400 or above.
pub struct Route<Q, R> {
    /// Whether it reads or acts.
    pub verb: Verb,
    /// The whole path.
    pub path: &'static str,
    /// The largest body that it takes. Bytes.
    pub body_bytes_max: usize,
    /// Whether what it takes is a secret: no error repeats anything of it.
    pub is_secret: bool,
    types: PhantomData<fn(Q) -> R>,
}

impl<Q, R> Route<Q, R> {
    const fn get(path: &'static str) -> Self {
        Self { verb: Verb::Get, path, body_bytes_max: 0, is_secret: false, types: PhantomData }
    }

    const fn post(path: &'static str) -> Self {
        let body_bytes_max = BODY_BYTES_MAX;
        Self { verb: Verb::Post, path, body_bytes_max, is_secret: false, types: PhantomData }
    }

    const fn secret(path: &'static str) -> Self {
        let body_bytes_max = SECRET_BODY_BYTES_MAX;
        Self { verb: Verb::Post, path, body_bytes_max, is_secret: true, types: PhantomData }
    }
}

/// The path of the event stream (SSE): the one route that does not answer a single value.
pub const EVENTS: &str = "/v1/events";

/// The relay's stream of messages (SSE). It and the two below are answered by the relay's own listener alone: see
/// [`crate::RelayEvent`] and [`crate::RelayQuery`].
pub const RELAY_MESSAGES: &str = "/relay/v1/messages";
/// The metrics, in the text format of Prometheus.
pub const METRICS: &str = "/metrics";
/// Whether the agent does its work: [`crate::Health`]. The one that needs no token.
pub const HEALTH: &str = "/v1/health";
/// The request header by which a Hark says which one it is, so that a relay sends it nothing that has passed
/// through it, and the response header by which the relay says the same of its own.
pub const HOP_HEADERS: (&str, &str) = ("hark-hops", "hark-relay");

/// Declares the routes, and the list of them that TypeScript and the window's bridge are made from.
macro_rules! routes {
    ($($(#[$doc:meta])+ $name:ident = $verb:ident $path:literal: $query:ty => $reply:ty;)+) => {
        $($(#[$doc])+ pub const $name: Route<$query, $reply> = Route::$verb($path);)+

        /// Verb and path of every route.
        pub const ALL: &[(Verb, &str)] = &[$(($name.verb, $name.path)),+];

        /// Shows the types of every route to a visitor.
        #[cfg(test)]
        pub(crate) fn visit(visitor: &mut impl ts_rs::TypeVisitor) {
            $(visitor.visit::<$query>(); visitor.visit::<$reply>();)+
        }

        #[cfg(test)]
        pub(crate) fn typescript(cfg: &ts_rs::Config) -> Vec<String> {
            vec![$(format!(
                "  \"{}\": {{ method: \"{}\"; query: {}; reply: {} }};",
                $path, $name.verb.method(),
                <$query as ts_rs::TS>::name(cfg), <$reply as ts_rs::TS>::name(cfg),
            )),+]
        }
    };
}

routes! {
    /// The agent, its links, its conditions.
    STATUS = get "/v1/status": () => Status;
    /// All that is known of one link.
    LINK = get "/v1/links/detail": LinkQuery => LinkDetail;
    /// Stored messages.
    MESSAGES = get "/v1/messages": MessagesQuery => Vec<Message>;
    /// How much of each subscription that is followed the person has not read.
    UNREAD = get "/v1/messages/unread": () => Vec<Unread>;
    /// The event of a message, as it came.
    RAW = get "/v1/messages/raw": RawQuery => RawMessage;
    /// The picture of a message, where its subscription's are to be fetched: fetched anew, for the window's process.
    PICTURE = get "/v1/messages/picture": RawQuery => Picture;
    /// The person has read messages: their notifications go away.
    READ = post "/v1/messages/read": ReadMessages => Read;
    /// Delete messages. No replay brings them back.
    DELETE = post "/v1/messages/delete": DeleteMessages => Deleted;
    /// Do something about a message, as one of its buttons says.
    ACT = post "/v1/messages/act": Act => Acted;
    /// The requests that messages make without a question, as the person has said.
    CONSENTS = get "/v1/consents": () => Vec<Consent>;
    /// Ask about such requests again.
    TAKE_BACK = post "/v1/consents/take-back": Consent => Accepted;
    /// The reconnection history: outages and spans, newest first.
    OUTAGES = get "/v1/outages": HistoryQuery => Vec<HistoryEntry>;
    /// How reliably each subscription was connected.
    UPTIME = get "/v1/uptime": () => Vec<Uptime>;
    /// The journal's rows, newest first.
    JOURNAL = get "/v1/journal": HistoryQuery => Vec<JournalRow>;
    /// Try a URL, then follow it and write it into the settings.
    ADD = post "/v1/subscriptions/add": AddSubscription => Added;
    /// Try a URL, and change nothing.
    TRY = post "/v1/subscriptions/try": AddSubscription => Tried;
    /// One subscription's options as they stand in the settings file, without secrets.
    OPTIONS = get "/v1/subscriptions/options": OptionsQuery => SubscriptionOptions;
    /// Change options of a subscription, in the settings file too.
    EDIT = post "/v1/subscriptions/edit": EditSubscription => Added;
    /// Keep a secret that was typed, in a file of its own; answers what names it in options. Goes in, and never
    /// out: what no subscription has named 15 minutes later is removed.
    SECRET = secret "/v1/secrets": TypedSecret => Credential;
    /// Forget a subscription. Its messages stay.
    REMOVE = post "/v1/subscriptions/remove": Target => Accepted;
    /// Pause one subscription, or all.
    PAUSE = post "/v1/pause": Target => Accepted;
    /// Resume one subscription, or all; also what ends a halt.
    RESUME = post "/v1/resume": Target => Accepted;
    /// Follow a subscription without notifications.
    MUTE = post "/v1/mute": Target => Accepted;
    /// Show a muted subscription's messages again.
    UNMUTE = post "/v1/unmute": Target => Accepted;
    /// Show nothing of one subscription, or of all, until a time or an unlock.
    SNOOZE = post "/v1/snooze": Snooze => Snoozed;
    /// End the snooze of one subscription, or every snooze.
    WAKE = post "/v1/wake": Target => Woken;
    /// Try rules against the latest stored messages, and put them in force where that is asked for.
    RULES = post "/v1/rules": RulesFor => RulesTried;
    /// What is set for all subscriptions.
    GENERAL = get "/v1/settings": () => GeneralOptions;
    /// Set it.
    SET_GENERAL = post "/v1/settings/set": EditGeneral => GeneralOptions;
    /// The quiet hours of the settings.
    QUIET_HOURS = get "/v1/quiet-hours": () => QuietHours;
    /// Set the quiet hours, in the settings too.
    SET_QUIET_HOURS = post "/v1/quiet-hours/set": QuietHours => QuietHours;
    /// Send a message of the person's own to a subscription's server.
    SEND = post "/v1/send": SendMessage => Sent;
    /// Send a sample message the whole way.
    TEST = post "/v1/test": () => Sample;
    /// Follow a demo server of the agent's own, where nothing is followed yet.
    DEMO = post "/v1/demo": () => ();
    /// The handlers of the settings file, each with its latest run.
    HANDLERS = get "/v1/handlers": () => Vec<Handler>;
    /// Run a handler of the settings file once, as if something had happened. Not for the window.
    RUN_HANDLER = post "/v1/handlers/run": RunHandler => HandlerBegun;
    /// How the relay is.
    RELAY = get "/v1/relay": () => Relay;
    /// Turn the relay on, where the settings say or else at its usual address, or off.
    SET_RELAY = post "/v1/relay/set": Wanted => ();
    /// How the agent starts with the desktop.
    AUTOSTART = get "/v1/autostart": () => Autostart;
    /// Have the agent start with the desktop, or not.
    SET_AUTOSTART = post "/v1/autostart/set": Wanted => Autostart;
    /// Make a token of the relay another one. Not for the window.
    RELAY_TOKEN = post "/v1/relay/token": RenewToken => ();
    /// Look through the database for damage.
    DATABASE = get "/v1/database": () => Database;
    /// Stop the agent.
    STOP = post "/v1/stop": () => ();
    /// Stop the agent, so that it begins anew: by whoever watches it, or else by the client, as the answer says.
    RESTART = post "/v1/restart": () => Restarting;
}
