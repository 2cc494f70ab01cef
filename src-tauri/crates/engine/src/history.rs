//! The journal's entries, and the reconnection history that is folded from them.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// A shorter gap that belongs to no outage, such as between two connections, is in the journal
/// alone.
const MISSED_MIN: SignedDuration = SignedDuration::from_secs(1);

/// A shorter pause, as by one who resumes in order to dial at once, is in the journal alone.
const PAUSED_MIN: SignedDuration = SignedDuration::from_secs(1);

/// A change worth keeping. Stored as JSON, so a variant's name and fields stay as they are once
/// released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Entry {
    /// A connection opened; ends an outage.
    Opened,
    /// A streaming connection was lost; begins an outage.
    Lost {
        /// Why it was lost.
        failure: Failure,
        /// When the last complete line had arrived.
        last_heard: Timestamp,
    },
    /// A dial failed; begins an outage where none is open.
    DialFailed {
        /// Why it failed.
        failure: Failure,
        /// How many dials have failed since the link last streamed.
        attempts: u32,
    },
    /// The feed's own normal close: no outage.
    Rotated,
    /// A second connection took the place of the first.
    Swapped {
        /// Why the first was doubted.
        doubt: Doubt,
    },
    /// Messages after this time may have been missed for good.
    Gap {
        /// The last time at which the link was surely heard.
        since: Timestamp,
    },
    /// The server's ids began anew.
    Renumbered,
    /// The person paused the link.
    Paused,
    /// The person resumed it.
    Resumed,
    /// The person no longer follows the subscription.
    Removed,
    /// The server asked not to be dialled again.
    Halted {
        /// What it said.
        failure: Failure,
    },
    /// The agent started.
    AgentStarted {
        /// When an earlier run was last known to be alive.
        last_alive: Option<Timestamp>,
    },
    /// The agent stopped in good order.
    AgentStopped,
    /// The computer woke.
    Woke {
        /// When it had fallen asleep.
        asleep_since: Timestamp,
    },
    /// The clock was set; `at` is what it says now.
    ClockSet {
        /// What it would have said.
        before: Timestamp,
    },
}

/// Why a connection that still stands is checked by a second one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// Its heartbeat is late.
    Stale,
    /// It has no heartbeat and was silent for long.
    Silence,
    /// It is old.
    Age,
    /// The network changed or the computer slept.
    Surroundings,
}

impl Entry {
    /// The entry's name as stored, e.g. `dial_failed`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Lost { .. } => "lost",
            Self::DialFailed { .. } => "dial_failed",
            Self::Rotated => "rotated",
            Self::Swapped { .. } => "swapped",
            Self::Gap { .. } => "gap",
            Self::Renumbered => "renumbered",
            Self::Paused => "paused",
            Self::Resumed => "resumed",
            Self::Removed => "removed",
            Self::Halted { .. } => "halted",
            Self::AgentStarted { .. } => "agent_started",
            Self::AgentStopped => "agent_stopped",
            Self::Woke { .. } => "woke",
            Self::ClockSet { .. } => "clock_set",
        }
    }

    /// The same, with whose server it was that has failed, where it tells of a failure.
    #[must_use]
    pub fn at_server(mut self, server: &str) -> Self {
        if let Self::Lost { failure, .. }
        | Self::DialFailed { failure, .. }
        | Self::Halted { failure } = &mut self
        {
            failure.server = Some(server.to_owned());
        }
        self
    }

    /// The failure that it tells of, where it tells of one.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Lost { failure, .. }
            | Self::DialFailed { failure, .. }
            | Self::Halted { failure } => Some(failure),
            _ => None,
        }
    }
}

/// A stored entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The store's own number, increasing with each row.
    pub id: i64,
    /// When it was written, by the wall clock.
    pub at: Timestamp,
    /// The subscription's key; `None` for the agent's own.
    pub subscription: Option<String>,
    /// What happened.
    pub entry: Entry,
}

/// From the loss of a link to its recovery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    /// The row that began it.
    pub id: i64,
    /// The subscription's key.
    pub subscription: String,
    /// When the last line had arrived; `None` when it had never streamed.
    pub last_heard: Option<Timestamp>,
    /// When the loss was noticed.
    pub noticed: Timestamp,
    /// How it ended; `None` while it lasts.
    pub over: Option<Over>,
    /// Dials that failed in between.
    pub attempts: u32,
    /// Why it was lost.
    pub failure: Failure,
    /// Why the latest dial failed, where that is another reason.
    pub latest: Option<Failure>,
    /// Whether messages may have been missed for good.
    pub gap: bool,
}

/// The end of an outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Over {
    /// When it ended.
    pub at: Timestamp,
    /// What ended it.
    pub by: EndedBy,
}

/// What ended an outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedBy {
    /// The link streamed again.
    Streaming,
    /// The person paused it.
    Pause,
    /// The person follows the subscription no longer.
    Removal,
}

/// Why nothing was followed although nothing was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanKind {
    /// The agent did not run.
    AgentOff,
    /// The person had paused the link.
    Paused,
    /// The computer slept.
    Asleep,
    /// It may have been followed, but what came then may be missing for good.
    Missed,
}

/// A span in which nothing was followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The row that began it, or that told of it.
    pub id: i64,
    /// Why nothing was followed.
    pub kind: SpanKind,
    /// The subscription's key; `None` where it concerns all.
    pub subscription: Option<String>,
    /// When it began, by the wall clock.
    pub from: Timestamp,
    /// When it ended; `None` while it lasts.
    pub to: Option<Timestamp>,
}

/// The reconnection history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// In the order of their beginning.
    pub outages: Vec<Outage>,
    /// In the order of their rows.
    pub spans: Vec<Span>,
}

impl History {
    /// Folds the journal's rows, which come in the order of their ids.
    pub fn fold(rows: impl IntoIterator<Item = Row>) -> Self {
        let mut history = Self::default();
        let mut last_outage: HashMap<String, usize> = HashMap::new();
        let mut open_pause: HashMap<String, usize> = HashMap::new();
        let mut stopped: Option<Timestamp> = None;
        for Row { id, at, subscription, entry } in rows {
            let key = subscription.clone().unwrap_or_default();
            let open = |history: &Self| {
                last_outage
                    .get(&key)
                    .copied()
                    .filter(|&index| history.outages[index].over.is_none())
            };
            let ended_by = match entry {
                Entry::Opened => Some(EndedBy::Streaming),
                Entry::Paused => Some(EndedBy::Pause),
                Entry::Removed => Some(EndedBy::Removal),
                _ => None,
            };
            if let Some((index, by)) = open(&history).zip(ended_by) {
                history.outages[index].over = Some(Over { at, by });
            }
            match entry {
                Entry::Lost { failure, last_heard } => {
                    last_outage.insert(key.clone(), history.outages.len());
                    history.outages.push(Outage::begun(id, key, Some(last_heard), at, failure));
                }
                Entry::DialFailed { failure, attempts } => {
                    let index = open(&history).unwrap_or_else(|| {
                        last_outage.insert(key.clone(), history.outages.len());
                        let outage = Outage::begun(id, key.clone(), None, at, failure.clone());
                        history.outages.push(outage);
                        history.outages.len() - 1
                    });
                    let outage = &mut history.outages[index];
                    outage.attempts = outage.attempts.max(attempts);
                    outage.latest = (outage.failure != failure).then_some(failure);
                }
                Entry::Halted { failure } if open(&history).is_none() => {
                    last_outage.insert(key.clone(), history.outages.len());
                    history.outages.push(Outage::begun(id, key, None, at, failure));
                }
                // What streams, or is not followed, is not paused, whatever was noted of it.
                Entry::Opened | Entry::Removed | Entry::Resumed => {
                    if let Some(index) = open_pause.remove(&key) {
                        history.spans[index].to = Some(at);
                    }
                }
                Entry::Gap { since } => {
                    let lasted = |outage: &Outage| outage.over.is_none_or(|over| over.at > since);
                    let outages = history.outages.iter_mut().rev();
                    let of_key = outages.filter(|outage| outage.subscription == key);
                    // What is missing may have been lost in any of those that it reaches into.
                    let marked = of_key.take_while(|outage| lasted(outage));
                    let marked = marked.map(|outage| outage.gap = true).count();
                    if marked == 0 && at.duration_since(since) >= MISSED_MIN {
                        let (kind, from, to) = (SpanKind::Missed, since, Some(at));
                        history.spans.push(Span { id, kind, subscription, from, to });
                    }
                }
                Entry::Paused => {
                    open_pause.insert(key, history.spans.len());
                    let kind = SpanKind::Paused;
                    history.spans.push(Span { id, kind, subscription, from: at, to: None });
                }
                Entry::AgentStopped => stopped = Some(at),
                Entry::AgentStarted { last_alive } => {
                    if let Some(from) = stopped.take().or(last_alive) {
                        // The clock may have been set back in between.
                        let (kind, from, to) = (SpanKind::AgentOff, from.min(at), Some(at));
                        history.spans.push(Span { id, kind, subscription, from, to });
                    }
                }
                Entry::Woke { asleep_since } => {
                    let (kind, from, to) = (SpanKind::Asleep, asleep_since, Some(at));
                    history.spans.push(Span { id, kind, subscription, from, to });
                }
                Entry::Halted { .. }
                | Entry::ClockSet { .. }
                | Entry::Rotated
                | Entry::Swapped { .. }
                | Entry::Renumbered => {}
            }
        }
        let is_moment = |span: &Span| {
            span.kind == SpanKind::Paused
                && span.to.is_some_and(|to| to.duration_since(span.from) < PAUSED_MIN)
        };
        history.spans.retain(|span| !is_moment(span));
        history
    }
}

/// When the link of these rows was last surely heard: those of one subscription with the agent's
/// own, oldest first. A quiet link that was cut off by a crash was heard for longer than this.
#[must_use]
pub fn last_heard(rows: &[Row]) -> Option<Timestamp> {
    let mut heard = None;
    let mut streaming = false;
    for Row { at, entry, .. } in rows {
        let then = match entry {
            Entry::Opened | Entry::Swapped { .. } => {
                streaming = true;
                Some(*at)
            }
            Entry::Lost { last_heard, .. } => {
                streaming = false;
                Some(*last_heard)
            }
            Entry::Rotated | Entry::Paused | Entry::AgentStopped => {
                std::mem::take(&mut streaming).then_some(*at)
            }
            Entry::AgentStarted { last_alive } => {
                last_alive.filter(|_| std::mem::take(&mut streaming))
            }
            _ => None,
        };
        heard = heard.max(then);
    }
    heard
}

impl Outage {
    fn begun(
        id: i64,
        subscription: String,
        last_heard: Option<Timestamp>,
        noticed: Timestamp,
        failure: Failure,
    ) -> Self {
        Self {
            id,
            subscription,
            last_heard,
            noticed,
            over: None,
            attempts: 0,
            failure,
            latest: None,
            gap: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Cause;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn fold(entries: Vec<(i64, Entry)>) -> History {
        History::fold(entries.into_iter().enumerate().map(|(index, (second, entry))| Row {
            id: i64::try_from(index).unwrap() + 1,
            at: at(second),
            subscription: match entry {
                Entry::AgentStarted { .. } | Entry::AgentStopped | Entry::Woke { .. } => None,
                _ => Some("builds".into()),
            },
            entry,
        }))
    }

    #[test]
    fn an_outage_runs_from_loss_to_recovery_and_counts_its_dials() {
        let eof: Failure = Cause::EndOfStream.into();
        let closed: Failure = Cause::ConnectionRefused.into();
        let history = fold(vec![
            (0, Entry::Opened),
            (10, Entry::Lost { failure: eof.clone(), last_heard: at(9) }),
            (11, Entry::DialFailed { failure: closed.clone(), attempts: 3 }),
            (20, Entry::Opened),
            (20, Entry::Gap { since: at(9) }),
        ]);
        let wanted = Outage {
            over: Some(Over { at: at(20), by: EndedBy::Streaming }),
            attempts: 3,
            latest: Some(closed),
            gap: true,
            ..Outage::begun(2, "builds".into(), Some(at(9)), at(10), eof)
        };
        assert_eq!(history.outages, [wanted]);
    }

    #[test]
    fn a_link_that_never_streamed_has_an_outage_from_its_first_failed_dial() {
        let failure: Failure = Cause::NameNotResolved.into();
        let history = fold(vec![
            (1, Entry::DialFailed { failure: failure.clone(), attempts: 1 }),
            (5, Entry::DialFailed { failure: failure.clone(), attempts: 7 }),
        ]);
        let wanted =
            Outage { attempts: 7, ..Outage::begun(1, "builds".into(), None, at(1), failure) };
        assert_eq!(history.outages, [wanted]);
    }

    #[test]
    fn a_gap_belongs_to_the_outage_that_it_reaches_into_and_to_no_older_one() {
        let eof: Failure = Cause::EndOfStream.into();
        let history = fold(vec![
            (10, Entry::Lost { failure: eof.clone(), last_heard: at(9) }),
            (20, Entry::Opened),
            (90, Entry::Gap { since: at(20) }),
            (90, Entry::Gap { since: at(80) }),
            (100, Entry::Lost { failure: eof, last_heard: at(99) }),
            (105, Entry::Gap { since: at(99) }),
            (105, Entry::Opened),
        ]);
        let gaps: Vec<bool> = history.outages.iter().map(|outage| outage.gap).collect();
        assert_eq!(gaps, [false, true]);
        let missed: Vec<_> = history.spans.iter().map(|span| (span.kind, span.from)).collect();
        // One that begins as the outage ends is not of it.
        assert_eq!(missed, [(SpanKind::Missed, at(20)), (SpanKind::Missed, at(80))]);
    }

    #[test]
    fn a_gap_belongs_to_every_outage_that_it_reaches_into() {
        let eof: Failure = Cause::EndOfStream.into();
        let lost = |last| Entry::Lost { failure: eof.clone(), last_heard: at(last) };
        let history = fold(vec![
            (5, lost(4)),
            (6, Entry::Opened),
            (10, lost(9)),
            (20, Entry::Opened),
            (30, lost(29)),
            (40, Entry::Opened),
            (41, Entry::Renumbered),
            (41, Entry::Gap { since: at(8) }),
        ]);
        let gaps: Vec<bool> = history.outages.iter().map(|outage| outage.gap).collect();
        assert_eq!(gaps, [false, true, true]);
        assert_eq!(history.spans, []);
    }

    #[test]
    fn a_link_was_last_heard_when_it_was_lost_or_the_agent_last_lived() {
        let row = |(second, entry)| Row { id: 0, at: at(second), subscription: None, entry };
        let heard = |entries: Vec<(i64, Entry)>| {
            let rows: Vec<Row> = entries.into_iter().map(row).collect();
            last_heard(&rows).map(Timestamp::as_second)
        };
        let lost = |last| Entry::Lost { failure: Cause::EndOfStream.into(), last_heard: at(last) };
        let started = |second| Entry::AgentStarted { last_alive: Some(at(second)) };
        assert_eq!(heard(vec![(1, started(0))]), None);
        assert_eq!(heard(vec![(1, Entry::Opened)]), Some(1));
        assert_eq!(heard(vec![(1, Entry::Opened), (9, started(7))]), Some(7));
        assert_eq!(heard(vec![(1, Entry::Opened), (5, lost(4)), (9, started(7))]), Some(4));
        let stopped = vec![(1, Entry::Opened), (5, Entry::AgentStopped), (9, started(7))];
        assert_eq!(heard(stopped), Some(5));
    }

    #[test]
    fn what_is_removed_is_neither_down_nor_paused_any_more() {
        let history = fold(vec![
            (0, Entry::DialFailed { failure: Cause::ConnectionRefused.into(), attempts: 1 }),
            (1, Entry::Removed),
            (2, Entry::Paused),
            (3, Entry::Removed),
            (4, Entry::DialFailed { failure: Cause::ConnectionRefused.into(), attempts: 1 }),
            (5, Entry::Paused),
        ]);
        let over = |outage: &Outage| outage.over.map(|Over { at, by }| (at.as_second(), by));
        let ends: Vec<_> = history.outages.iter().map(over).collect();
        assert_eq!(ends, [Some((1, EndedBy::Removal)), Some((5, EndedBy::Pause))]);
        assert_eq!(history.spans[0].to, Some(at(3)));
    }

    #[test]
    fn pauses_sleep_and_the_agents_absence_are_spans_not_outages() {
        let history = fold(vec![
            (0, Entry::Opened),
            (1, Entry::Paused),
            (2, Entry::Resumed),
            // In one go: who resumes what is not paused wants it dialled.
            (2, Entry::Paused),
            (2, Entry::Resumed),
            (3, Entry::AgentStopped),
            (9, Entry::AgentStarted { last_alive: Some(at(1)) }),
            (20, Entry::AgentStarted { last_alive: Some(at(15)) }),
            (30, Entry::Woke { asleep_since: at(25) }),
        ]);
        assert!(history.outages.is_empty());
        let spans: Vec<_> = history
            .spans
            .iter()
            .map(|span| (span.kind, span.from.as_second(), span.to.unwrap().as_second()))
            .collect();
        use SpanKind::{AgentOff, Asleep, Paused};
        assert_eq!(spans, [(Paused, 1, 2), (AgentOff, 3, 9), (AgentOff, 15, 20), (Asleep, 25, 30)]);
    }
}
