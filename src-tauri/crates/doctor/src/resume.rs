//! Which ids to come back with, and what to think of what that brings. Pure.

use std::collections::HashSet;

use hark_engine::{cursor::Cursor, failure::Cause, feed::Order, readable::clean};

use super::{About, Finding, Mark, Observation, Place, What};

/// The most messages that are asked for again.
const REPLAY_MAX: usize = 20;
const ID_CHARS_MAX: usize = 40;

/// What a dial with an event id brought.
#[derive(Clone, Debug, PartialEq)]
pub struct Resumed {
    /// The place of its id in [`ids`].
    pub cursor: usize,
    /// The ids that came, in order.
    pub brought: Vec<String>,
    /// Why it was refused.
    pub refused: Option<Cause>,
}

/// The ids that a client can come back with: each once, in the order of the stream.
#[must_use]
pub fn ids(seen: &Observation) -> Vec<String> {
    let mut known = HashSet::new();
    let ids = seen.heard.iter().filter_map(|heard| match &heard.what {
        What::Message { id: Some(id), .. } if seen.feed.resumes_from(id) => Some(id),
        _ => None,
    });
    ids.filter(|id| known.insert(*id)).cloned().collect()
}

/// Where a client goes on that has seen the event with this id: by its time, where the feed asks so.
#[must_use]
pub fn cursor_of(seen: &Observation, id: &str) -> Cursor {
    let published = seen.heard.iter().find_map(|heard| match &heard.what {
        What::Message { id: Some(known), published, .. } if known == id => *published,
        _ => None,
    });
    let time = published.filter(|_| seen.feed.resumes_by_time());
    Cursor { id: Some(id.to_owned()), time }
}

/// An id of the same form that the server cannot know any more: with each digit 0. None where it has no
/// digits, or is the oldest already.
#[must_use]
pub fn forgotten(id: &str) -> Option<String> {
    let digit = |c: char| if c.is_ascii_digit() { '0' } else { c };
    let old: String = id.chars().map(digit).collect();
    (old != id).then_some(old)
}

/// Which of so many ids to come back with: one that has some after it and, where there are enough,
/// one before it, so that a replay of everything can be told from a right one; and the last.
#[must_use]
pub fn cursors(ids: usize) -> Vec<usize> {
    match ids {
        0 => vec![],
        1 => vec![0],
        2 => vec![0, 1],
        _ => vec![(ids - 1).saturating_sub(REPLAY_MAX).max(1), ids - 1],
    }
}

/// The result of one dial; later variants are worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    /// The events after the id, and no others.
    Exact,
    /// The same, in another order.
    Disordered,
    /// The event of the id once more.
    Inclusive,
    /// Some of what came after is missing.
    Partial { missing: usize, of: usize },
    /// Also events from before the id.
    Everything,
    /// None of the events after the id.
    Nothing { of: usize },
}

/// Where a client comes back `by_time`, it asks for some of what was before, and the order is no
/// promise: only what is missing counts.
fn verdict(ids: &[String], resumed: &Resumed, by_time: bool) -> Verdict {
    let place = |id: &String| ids.iter().position(|known| known == id);
    let places: Vec<usize> = resumed.brought.iter().filter_map(place).collect();
    let of = ids.len().saturating_sub(resumed.cursor + 1);
    let came: HashSet<usize> = places.iter().copied().filter(|at| *at > resumed.cursor).collect();
    let missing = of.saturating_sub(came.len());
    if !by_time && places.iter().any(|at| *at < resumed.cursor) {
        Verdict::Everything
    } else if missing == of && of > 0 {
        Verdict::Nothing { of }
    } else if missing > 0 {
        Verdict::Partial { missing, of }
    } else if by_time {
        Verdict::Exact
    } else if places.contains(&resumed.cursor) {
        Verdict::Inclusive
    } else if !places.is_sorted() {
        Verdict::Disordered
    } else {
        Verdict::Exact
    }
}

/// The finding about resuming; none where there is no id, as the finding about ids covers that.
#[must_use]
pub(super) fn judge(seen: &Observation) -> Option<Finding> {
    let about = |mark, text: String| Some(Finding::new(About::Resume, mark, text));
    if !seen.feed.replays() {
        return None;
    }
    let (ids, by_time) = (ids(seen), seen.feed.resumes_by_time());
    if seen.messages() == 0 {
        return about(
            Mark::Unknown,
            "No event came, so it cannot be tried. Publish two while this runs.".to_owned(),
        );
    }
    let refused = seen.resumed.iter().find(|resumed| resumed.refused.is_some());
    let worst = || seen.resumed.iter().max_by_key(|resumed| verdict(&ids, resumed, by_time));
    let worst = refused.or_else(worst)?;
    let id = ids.get(worst.cursor).map(|id| clean(id, ID_CHARS_MAX)).unwrap_or_default();
    if let Some(cause) = &worst.refused {
        let why = cause.sentence(&seen.origin());
        let text = format!("Coming back with an id of its own was refused. {why}");
        return about(Mark::Wrong, text)
            .map(|finding| finding.change(Place::Try, format!("Last-Event-ID: {id}")));
    }
    let line = || {
        let shown = |at: usize| ids.get(at).map(|id| clean(id, ID_CHARS_MAX));
        let pair = seen
            .resumed
            .iter()
            .find_map(|resumed| Some((shown(resumed.cursor)?, shown(resumed.cursor + 1)?)));
        match pair {
            Some((id, next)) => format!("id: {next}   (comes first after Last-Event-ID: {id})"),
            None => format!("nothing old   (after Last-Event-ID: {id})"),
        }
    };
    let wrong =
        |mark, text: String| about(mark, text).map(|finding| finding.change(Place::Server, line()));
    match verdict(&ids, worst, by_time) {
        Verdict::Nothing { of } => wrong(
            Mark::Wrong,
            format!(
                "Coming back {} behind brought nothing: Last-Event-ID is ignored, and what is sent \
                 while a client is away is lost. Keep the latest events, and send first what came \
                 after that id.",
                events(of)
            ),
        ),
        Verdict::Everything => wrong(
            Mark::Wrong,
            "Last-Event-ID is ignored: what came before that id came again, too. Each return \
             brings everything twice."
                .to_owned(),
        ),
        Verdict::Partial { missing, of } => wrong(
            Mark::Wrong,
            format!("Coming back {} behind brought only {} of them.", events(of), of - missing),
        ),
        Verdict::Inclusive => wrong(
            Mark::Warning,
            "The event of the id itself comes again: replay begins after it.".to_owned(),
        ),
        Verdict::Disordered if seen.feed.order() == Order::Published => wrong(
            Mark::Warning,
            "What is replayed comes in another order than at first: who is cut off in the middle \
             of it loses the rest."
                .to_owned(),
        ),
        Verdict::Exact | Verdict::Disordered if ids.len() == 1 => about(
            Mark::Unknown,
            "Coming back with the only id brought nothing old, which is right. Whether it brings \
             what was missed takes two events."
                .to_owned(),
        ),
        Verdict::Exact | Verdict::Disordered => {
            let behind = |resumed: &Resumed| ids.len().saturating_sub(resumed.cursor + 1);
            let of = seen.resumed.iter().map(behind).max().unwrap_or_default();
            let text = if by_time {
                format!("Works: coming back {} behind brought all that was missed.", events(of))
            } else {
                format!("Works: coming back {} behind brought just what was missed.", events(of))
            };
            about(Mark::Ok, text)
        }
    }
}

/// The finding about an id that the server has forgotten, where it refuses one.
#[must_use]
pub(super) fn of_forgotten(seen: &Observation) -> Option<Finding> {
    let cause = seen.forgotten.as_ref()?;
    let text = format!(
        "An id that it has forgotten is refused: who was away for long is kept out until they come \
         without one. Send what is held instead. {}",
        cause.sentence(&seen.origin())
    );
    Some(Finding::new(About::Resume, Mark::Warning, text))
}

fn events(count: usize) -> String {
    match count {
        1 => "1 event".to_owned(),
        count => format!("{count} events"),
    }
}
