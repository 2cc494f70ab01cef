//! From the engine's and the store's values to those of the API.

use hark_api as api;
use hark_engine::{
    Moment,
    alerts::Why,
    cursor::Cursor,
    failure::{Class, Failure},
    feed::{self, Certainty, Feed, Recognition},
    handlers::RunEnd,
    heartbeat::Source,
    history::{EndedBy, History, Outage, Row, Span, SpanKind},
    link::{Link, Phase, Reason},
    message::{Action, Does, Extras, Message, Priority},
    policy::Decision,
    silence::Silence,
};
use hark_store::{HandlerRun, MessageRow, Shown, Uptime};
use hark_stream::connection::Trail;
use jiff::Timestamp;

/// The phase of a link as clients see it; `server` is the server's name in sentences.
pub fn phase(link: &Link, server: &str) -> api::Phase {
    match link.phase() {
        Phase::Idle => api::Phase::Idle,
        Phase::Dialing { attempt, since, failure, .. } => {
            let cause = failure.as_ref().map(|failure| cause(failure, server));
            api::Phase::Dialing { attempt: *attempt, since: api::Time(since.wall), cause }
        }
        Phase::Streaming(stream) => {
            let catching_up = stream.is_catching_up();
            api::Phase::Streaming { since: api::Time(stream.opened().wall), catching_up }
        }
        Phase::BackingOff { attempt, until, failure, .. } => api::Phase::BackingOff {
            attempt: *attempt,
            retry_at: api::Time(until.wall),
            cause: cause(failure, server),
        },
        Phase::Paused => api::Phase::Paused,
        Phase::Halted { failure } => api::Phase::Halted { cause: cause(failure, server) },
    }
}

/// The heartbeat that the link is held to, where there is one.
pub fn heartbeat(link: &Link) -> Option<api::Heartbeat> {
    let (cadence, source) = link.heartbeat().cadence()?;
    let heard = match link.phase() {
        Phase::Streaming(stream) => Some(stream.heard()),
        _ => None,
    };
    let dead_at = |heard: Moment| Some(api::Time((heard + link.heartbeat().limits().dead?).wall));
    Some(api::Heartbeat {
        cadence_ms: u64::try_from(cadence.as_millis()).unwrap_or(u64::MAX),
        source: match source {
            Source::Timeout => api::HeartbeatSource::Timeout,
            Source::Settings => api::HeartbeatSource::Settings,
            Source::Learned => api::HeartbeatSource::Learned,
            Source::Feed => api::HeartbeatSource::Feed,
        },
        dead_at: heard.and_then(dead_at),
    })
}

/// Why a link dials.
pub fn reason(reason: Reason) -> api::DialReason {
    match reason {
        Reason::Start => api::DialReason::Start,
        Reason::Retry => api::DialReason::Retry,
        Reason::Hint => api::DialReason::Hint,
        Reason::Person => api::DialReason::Person,
        Reason::Doubt(_) => api::DialReason::Doubt,
        Reason::Anew => api::DialReason::Anew,
    }
}

/// The connection of which this was noted.
pub fn connected(trail: &Trail) -> api::Connected {
    let route = trail.route();
    api::Connected {
        protocol: trail
            .heads()
            .last()
            .map(|head| format!("{:?}", head.version))
            .unwrap_or_default(),
        tls: trail.tls().map(str::to_owned),
        peer: route.map(|route| route.peer.to_string()),
        is_proxied: route.is_some_and(|route| route.is_proxied),
        received: trail.received(),
    }
}

/// How reliably a subscription was connected over some days.
pub fn share(uptime: Uptime) -> api::Share {
    let Uptime { live_ms, followed_ms, outages, longest_ms, cause } = uptime;
    let cause =
        cause.map(|(class, code, times)| api::Frequent { class: self::class(class), code, times });
    api::Share { live_ms, followed_ms, outages, longest_ms, cause }
}

/// A failure with its sentence. `server` names whose it was, where that is not written down with it.
pub fn cause(failure: &Failure, server: &str) -> api::Cause {
    api::Cause {
        class: class(failure.class),
        code: failure.cause.code(),
        sentence: failure.cause.sentence(failure.server.as_deref().unwrap_or(server)),
    }
}

/// A class as the API says it.
pub(crate) fn class(class: Class) -> api::Class {
    match class {
        Class::Local => api::Class::Local,
        Class::Network => api::Class::Network,
        Class::Server => api::Class::Server,
        Class::Routine => api::Class::Routine,
        Class::Refused => api::Class::Refused,
        Class::Protocol => api::Class::Protocol,
    }
}

/// A stored message.
pub fn message(row: MessageRow) -> api::Message {
    let at = row.at();
    let MessageRow {
        id,
        server_id,
        subscription,
        message,
        received,
        decision,
        rule,
        sound: _,
        shown,
        why,
        read,
        dismissed,
    } = row;
    let Extras { icon, markdown, attachment, actions } = message.extras;
    api::Message {
        id,
        server_id,
        subscription,
        title: message.title.into(),
        body: message.body.into(),
        priority: message.priority.level(),
        time: api::Time(at),
        received: api::Time(received),
        url: message.url,
        tags: message.tags.into_iter().map(Into::into).collect(),
        topic: message.topic.map(Into::into),
        icon,
        markdown,
        attachment: attachment.map(|attached| api::Attachment {
            name: attached.name.into(),
            url: attached.url,
            bytes: attached.bytes,
        }),
        actions: actions.into_iter().map(action).collect(),
        decision: self::decision(decision).unwrap_or(api::Decision::Quiet),
        rule,
        shown: self::shown(shown),
        why: why.map(self::why),
        read: read.map(api::Time),
        dismissed: dismissed.map(api::Time),
    }
}

/// What became of an alert.
pub fn shown(shown: Shown) -> api::Shown {
    match shown {
        Shown::No => api::Shown::No,
        Shown::Pending => api::Shown::Pending,
        Shown::Held => api::Shown::Held,
        Shown::Shown => api::Shown::Shown,
        Shown::Digest => api::Shown::Digest,
        Shown::Folded => api::Shown::Folded,
        Shown::Quiet => api::Shown::Quiet,
        Shown::Refused => api::Shown::Refused,
        Shown::Withdrawn => api::Shown::Withdrawn,
        Shown::Old => api::Shown::Old,
        Shown::Nobody => api::Shown::Nobody,
    }
}

/// Why an alert was not shown as it came.
pub fn why(why: Why) -> api::Why {
    match why {
        Why::Mute => api::Why::Mute,
        Why::DoNotDisturb => api::Why::DoNotDisturb,
        Why::Snooze => api::Why::Snooze,
        Why::QuietHours => api::Why::QuietHours,
        Why::Age => api::Why::Age,
        Why::Paused => api::Why::Paused,
        Why::Removed => api::Why::Removed,
        Why::NoAnswer => api::Why::NoAnswer,
        Why::Server(text) => api::Why::Server(text.into()),
    }
}

/// What is silent.
pub fn silence(silence: Silence) -> api::Silence {
    api::Silence {
        why: why(silence.why),
        passes: silence.passes.map(Priority::level),
        until: silence.until.map(api::Time),
    }
}

/// How a server was recognised.
pub fn recognised(recognition: Recognition) -> api::Recognised {
    let Recognition { feed, certainty, reason } = recognition;
    api::Recognised {
        feed: feed.to_owned(),
        called: feed::by_name(feed).map_or_else(|| feed.to_owned(), |it| it.called().to_owned()),
        certainty: match certainty {
            Certainty::Sure => api::Certainty::Sure,
            Certainty::Likely => api::Certainty::Likely,
            Certainty::Guess => api::Certainty::Guess,
        },
        reason: reason.to_owned(),
    }
}

/// What a message will look like.
pub fn preview(message: Message) -> api::Preview {
    api::Preview {
        title: message.title.into(),
        body: message.body.into(),
        priority: message.priority.level(),
        time: message.time.map(api::Time),
    }
}

/// The decision on a message; none where it was dropped and so is not stored.
pub fn decision(decision: Decision) -> Option<api::Decision> {
    match decision {
        Decision::Alert => Some(api::Decision::Alert),
        Decision::Backlog => Some(api::Decision::Backlog),
        Decision::Quiet => Some(api::Decision::Quiet),
        Decision::Drop => None,
    }
}

fn action(action: Action) -> api::Action {
    let (does, url, text) = match action.does {
        Does::Open { url } => (api::ActionKind::Open, Some(url), None),
        Does::Send { url, .. } => (api::ActionKind::Send, Some(url), None),
        Does::Copy { .. } => (api::ActionKind::Copy, None, None),
        Does::Tell { text } => (api::ActionKind::Tell, None, Some(text.into())),
    };
    api::Action { label: action.label.into(), does, url, text }
}

/// A run of a handler.
pub fn handler_run(run: HandlerRun) -> api::HandlerRun {
    let (ended, code, why) = match run.ended {
        RunEnd::Code(code) => (api::HandlerEnd::Code, Some(code), None),
        RunEnd::Signal(number) => (api::HandlerEnd::Signal, Some(number), None),
        RunEnd::TimedOut => (api::HandlerEnd::TimedOut, None, None),
        RunEnd::Stopped => (api::HandlerEnd::Stopped, None, None),
        RunEnd::NotStarted(why) => (api::HandlerEnd::NotStarted, None, Some(why)),
    };
    api::HandlerRun {
        id: run.id,
        handler: run.handler,
        on: run.on.word().to_owned(),
        subscription: run.subscription,
        by_hand: run.by_hand,
        at: api::Time(run.at),
        took_ms: run.took_ms,
        ended,
        code,
        output: why.unwrap_or(run.output),
    }
}

/// The history with the runs of handlers, newest first: by when each began. `server` names a subscription's server.
pub fn history(
    history: History,
    runs: Vec<HandlerRun>,
    server: impl Fn(&str) -> String,
    now: Timestamp,
) -> Vec<api::HistoryEntry> {
    let outages = history.outages.into_iter().map(|outage| {
        let server = server(&outage.subscription);
        api::HistoryEntry::Outage(self::outage(outage, &server, now))
    });
    let spans = history.spans.into_iter().map(|span| api::HistoryEntry::Span(self::span(span)));
    let runs = runs.into_iter().map(|run| api::HistoryEntry::Handler(handler_run(run)));
    let mut entries: Vec<_> = outages.chain(spans).chain(runs).collect();
    entries.sort_by_key(|entry| std::cmp::Reverse((entry.began(), entry.id())));
    entries
}

fn outage(outage: Outage, server: &str, now: Timestamp) -> api::Outage {
    let end = outage.over.map_or(now, |over| over.at);
    let ms = end.as_millisecond().saturating_sub(outage.noticed.as_millisecond());
    api::Outage {
        id: outage.id,
        subscription: outage.subscription,
        last_heard: outage.last_heard.map(api::Time),
        noticed: api::Time(outage.noticed),
        recovered: outage.over.map(|over| api::Time(over.at)),
        ended_by: outage.over.map(|over| ended_by(over.by)),
        duration_ms: u64::try_from(ms).unwrap_or_default(),
        attempts: outage.attempts,
        cause: cause(&outage.failure, server),
        latest: outage.latest.map(|failure| cause(&failure, server)),
        gap: outage.gap,
        caught_up: 0,
    }
}

fn ended_by(by: EndedBy) -> api::EndedBy {
    match by {
        EndedBy::Streaming => api::EndedBy::Streaming,
        EndedBy::Pause => api::EndedBy::Pause,
        EndedBy::Removal => api::EndedBy::Removal,
    }
}

fn span(span: Span) -> api::Span {
    api::Span {
        id: span.id,
        span: match span.kind {
            SpanKind::AgentOff => api::SpanKind::AgentOff,
            SpanKind::Paused => api::SpanKind::Paused,
            SpanKind::Asleep => api::SpanKind::Asleep,
            SpanKind::Missed => api::SpanKind::Missed,
        },
        subscription: span.subscription,
        from: api::Time(span.from),
        to: span.to.map(api::Time),
    }
}

/// A journal row. `server` names a subscription's server.
pub fn journal_row(row: Row, server: impl Fn(&str) -> String) -> api::JournalRow {
    let name = row.subscription.as_deref().map(server).unwrap_or_default();
    api::JournalRow {
        id: row.id,
        at: api::Time(row.at),
        kind: row.entry.kind().to_owned(),
        cause: row.entry.failure().map(|failure| cause(failure, &name)),
        subscription: row.subscription,
    }
}
/// How a dial from this cursor resumes.
pub fn resumes(feed: &dyn Feed, cursor: &Cursor) -> api::Resumes {
    match cursor {
        Cursor { time: Some(_), .. } if feed.resumes_by_time() => api::Resumes::Time,
        Cursor { id: Some(_), .. } => api::Resumes::Id,
        _ if feed.misses_without_cursor() => api::Resumes::New,
        _ => api::Resumes::All,
    }
}
