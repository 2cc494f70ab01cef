//! The law, over the server's log and what a client kept.
//!
//! Every event that had an id is kept exactly once, in an order in which the server sent the events. Events
//! that the server lost before it sent them are a gap. The first alert after a recovery comes within two
//! seconds of the server's first byte, and a replay never floods the screen.

use std::{collections::BTreeMap, time::Duration};

use super::{
    script::{BRIEF, Kind},
    server::{Logged, State, Written},
};

/// After the server's first byte, the first alert comes within this.
const FIRST_ALERT: Duration = Duration::from_secs(2);
/// A long replay has an alert at least this often.
const NEXT_ALERT: Duration = Duration::from_secs(5);
/// Work takes no time in simulated time, timers a millisecond.
const SLACK: Duration = Duration::from_millis(50);
/// An event published on a connection that has been open this long is live. A server may pause before it
/// even answers.
const STOOD: Duration = Duration::from_secs(12);
/// More than so many replayed messages are never shown one by one.
const SINGLE_MAX: usize = 5;

/// How the client told the person of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It was there before it was followed, and is not shown.
    Backlog,
    /// By itself, as it came.
    Live,
    /// With others that were missed.
    Missed,
}

/// A message that the client kept, in the client's order.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The first word of its text.
    pub text: String,
    /// When it was kept.
    pub at: Duration,
    /// How it was told.
    pub told: Told,
    /// When it was alerted.
    pub alerted: Option<Duration>,
}

/// The client's side of a run.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// Messages in the client's order.
    pub kept: Vec<Kept>,
    /// Spans in which the client says that something may be missing.
    pub gaps: Vec<(Duration, Duration)>,
    /// When connections opened, according to the client.
    pub opened: Vec<Duration>,
    /// When it began to follow.
    pub followed: Duration,
    /// When everything had arrived after the last fault.
    pub calm: Duration,
}

/// Whether the whole law holds.
///
/// # Errors
/// The first breach, in a sentence.
pub fn verdict(server: &State, account: &Account) -> Result<(), String> {
    exactly_once(server, account)?;
    in_order(server, account)?;
    gaps(server, account)?;
    alerts(account)?;
    floods(server, account)?;
    backlog(server, account)?;
    calm(server, account)
}

fn number(kept: &Kept) -> usize {
    kept.text[1..].parse().unwrap_or(usize::MAX)
}

/// Exactly once, whatever was cut.
///
/// # Errors
/// What is missing, or came twice.
pub fn exactly_once(server: &State, account: &Account) -> Result<(), String> {
    let mut times: BTreeMap<usize, usize> = BTreeMap::new();
    for kept in &account.kept {
        *times.entry(number(kept)).or_default() += 1;
    }
    // What is sent again after the server had gone looks like the start of a new counter: once in a life
    // of the client, and few clients of a run live more than three times.
    let most = if server.manners.repeats > 0 { 2 } else { 1 };
    if let Some((number, times)) = times.iter().find(|(_, times)| **times > most) {
        return Err(format!("event {number} was kept {times} times"));
    }
    let twice = times.values().filter(|times| **times > 1).count();
    if twice > 3 * server.manners.repeats {
        return Err(format!("{twice} events were kept twice"));
    }
    let missing: Vec<String> = server
        .log
        .iter()
        .filter(|it| it.lost.is_none() && !it.hidden && !times.contains_key(&it.event.number))
        .map(|it| format!("{} ({})", it.event.number, it.event.id))
        .collect();
    match missing.len() {
        0 => Ok(()),
        count => Err(format!("{count} of {} events were lost: {missing:?}", server.log.len())),
    }
}

/// The order of the wire, repeats left out: each kept message has a place on the wire behind that of
/// the one before it.
///
/// # Errors
/// The first that has none.
pub fn in_order(server: &State, account: &Account) -> Result<(), String> {
    let mut from = 0;
    for kept in &account.kept {
        let number = number(kept);
        let place = server.wire[from..].iter().position(|it| it.number == number);
        let Some(place) = place else {
            return Err(format!("event {number} was kept in an order in which nothing was sent"));
        };
        from += place + 1;
    }
    // Events that new ids had hidden come late where they are sent again.
    let in_order = server.manners.kind != Kind::Ntfy && server.manners.repeats == 0;
    if in_order && !account.kept.is_sorted_by_key(number) {
        return Err("this server sends in order, and that was not kept".into());
    }
    Ok(())
}

/// Events lost by a server with new ids are within a gap, as soon as one of the new ids was seen.
///
/// # Errors
/// The first that is in none.
pub fn gaps(server: &State, account: &Account) -> Result<(), String> {
    if server.manners.kind != Kind::Plain {
        // The ids and answers of the other kinds do not show that something was lost.
        return Ok(());
    }
    let kept: Vec<usize> = account.kept.iter().map(number).collect();
    let is_kept = |it: &&Logged| kept.contains(&it.event.number);
    // The client need not report events from before it began to follow.
    let missing =
        |it: &&Logged| it.lost.is_some() && !it.hidden && !is_kept(it) && it.at >= account.followed;
    for lost in server.log.iter().filter(missing) {
        let has_followed = server.log.iter().filter(|it| it.run == lost.run).any(|it| is_kept(&it));
        let next = server.log.iter().filter(|it| it.run > lost.run).find(is_kept);
        // Where the new ids had reached the old one already, nothing shows that they are new.
        let is_seen =
            next.is_some_and(|next| !server.log.iter().any(|it| it.run == next.run && it.hidden));
        // It may have waited for its turn on the wire, or in a replay that a death of the client cut off:
        // so the gap begins before the server lost it, give or take what it was still writing.
        let late = server.manners.pause_max * 2 + SLACK;
        let covers = |(from, to): &(Duration, Duration)| {
            lost.lost.is_some_and(|gone| *from <= gone + late) && lost.at <= *to
        };
        if has_followed && is_seen && !account.gaps.iter().any(covers) {
            return Err(format!(
                "event {} of {:?} was lost by the server, and no gap says so: {:?}",
                lost.event.number, lost.at, account.gaps
            ));
        }
    }
    Ok(())
}

fn alerts(account: &Account) -> Result<(), String> {
    let opened_before = |at: Duration| account.opened.iter().rev().find(|open| **open <= at);
    let mut last_opened = None;
    for kept in account.kept.iter().filter(|kept| kept.told != Told::Backlog) {
        let Some(alerted) = kept.alerted else {
            return Err(format!("{} was never alerted", kept.text));
        };
        let opened = opened_before(kept.at).copied().unwrap_or_default();
        let is_first = last_opened != Some(opened);
        last_opened = Some(opened);
        // From then on, where the server itself sends it later.
        let from = if kept.at < opened + FIRST_ALERT { opened } else { kept.at };
        let latest = if is_first { from + FIRST_ALERT } else { kept.at + NEXT_ALERT };
        if alerted > latest + SLACK {
            return Err(format!(
                "{} came at {:?} on a connection of {opened:?}, and was alerted at {alerted:?}",
                kept.text, kept.at
            ));
        }
    }
    Ok(())
}

/// Events published before a connection opened are not shown one by one, where the client can know that: by
/// the server's own times, or because they come at once.
fn floods(server: &State, account: &Account) -> Result<(), String> {
    if server.manners.kind == Kind::Plain && server.manners.pause_max > BRIEF {
        // Without times a long pause looks like the end of a replay.
        return Ok(());
    }
    let mut single: BTreeMap<usize, usize> = BTreeMap::new();
    for kept in account.kept.iter().filter(|kept| kept.told == Told::Live) {
        let (number, published) = (number(kept), server.log[number(kept)].at);
        let brought = |it: &&Written| {
            let polls = server.connections[it.connection].polls;
            it.number == number && it.at <= kept.at && !polls
        };
        let Some(brought) = server.wire.iter().rev().find(brought) else { continue };
        if published + Duration::from_secs(1) < server.connections[brought.connection].at {
            *single.entry(brought.connection).or_default() += 1;
        }
    }
    match single.iter().find(|(_, count)| **count > SINGLE_MAX) {
        None => Ok(()),
        Some((connection, count)) => Err(format!(
            "{count} messages that connection {connection} replayed were shown one by one"
        )),
    }
}

/// The backlog is not shown; events on a connection that has been open are.
fn backlog(server: &State, account: &Account) -> Result<(), String> {
    let is_whole = server.manners.cuts == 0
        && server.manners.pause_max <= BRIEF
        && server.manners.repeats == 0;
    let tells_time = server.manners.kind != Kind::Plain || is_whole;
    for kept in &account.kept {
        let published = server.log[number(kept)].at;
        let before = published + Duration::from_secs(1) < account.followed;
        if tells_time && before && kept.told != Told::Backlog {
            return Err(format!("{} was there before it was followed, and was shown", kept.text));
        }
        let stood = server.connections.iter().any(|it| {
            let sent = |sent: &Written| {
                sent.number == number(kept) && server.connections[sent.connection].at == it.at
            };
            it.at + STOOD <= published
                && it.ended.is_none_or(|ended| published < ended)
                && server.wire.iter().any(sent)
        });
        if stood && kept.told == Told::Backlog {
            return Err(format!("{} came live and was taken for backlog", kept.text));
        }
    }
    Ok(())
}

/// A server that is well is left alone.
fn calm(server: &State, account: &Account) -> Result<(), String> {
    let settled = account.calm + Duration::from_secs(600);
    let dials = server.connections.iter().filter(|it| it.at > settled && !it.polls).count();
    let most = if server.manners.heartbeat.is_some() { 2 } else { 6 };
    match dials <= most {
        true => Ok(()),
        false => Err(format!("a server that was well was dialled {dials} times in an hour")),
    }
}
