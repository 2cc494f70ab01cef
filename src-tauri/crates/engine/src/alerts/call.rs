//! What the notification server is asked: one notification at a time, until it is known what became of it.

use super::{Alert, Failure, Folded, Outcome, Part, Request, Series, Showing};

/// A notification that was sent and not answered yet.
#[derive(Clone, Debug)]
pub(super) struct Call<N> {
    pub(super) request: Request,
    /// The server that it was sent to: a number that it answers is of that one alone.
    pub(super) server: String,
    pub(super) alert: Alert<N>,
    /// What it becomes once it is acknowledged.
    pub(super) becomes: Outcome,
    /// What it counts, where it counts what found no place.
    pub(super) folds: Option<Folds>,
    /// Whether it was refused before.
    pub(super) again: bool,
    /// Whether its latest message was read since it was sent: then it says nothing new.
    pub(super) is_read: bool,
}

/// What the notification that counts is sent with.
#[derive(Clone, Debug)]
pub(super) struct Folds {
    /// All that it counts.
    pub(super) folded: Folded,
    /// The number of the one whose place it takes.
    pub(super) replaces: Option<u32>,
}

/// What an alert has become, as it is to be written down.
#[derive(Clone, Debug)]
pub(super) struct Become {
    pub(super) parts: Vec<Part>,
    pub(super) outcome: Outcome,
    /// The notification that shows it now.
    pub(super) showing: Option<Showing>,
}

/// What was sent to a server that then answered nothing. It may still be shown.
#[derive(Clone, Debug)]
pub(super) struct Leftover<N> {
    pub(super) call: Call<N>,
    /// What it answered meanwhile.
    pub(super) answer: Option<Result<u32, Failure>>,
}

impl<N> Call<N> {
    /// The sequence that it goes on with.
    pub(super) fn series(&self) -> Option<Series> {
        let sequence = self.alert.sequence.clone()?;
        let subscription = self.alert.parts.first()?.subscription.clone();
        Some(Series { subscription, sequence })
    }

    /// The latest message that it tells of.
    pub(super) fn latest(&self) -> Option<i64> {
        let counted = self.folds.as_ref().and_then(|folds| folds.folded.latest.first().copied());
        counted.or_else(|| Some(self.alert.parts.last()?.last))
    }

    /// The id by which its attempts are counted.
    pub(super) fn first(&self) -> i64 {
        self.alert.parts.first().map_or(0, |part| part.first)
    }
}
