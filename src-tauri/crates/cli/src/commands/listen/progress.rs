//! How far one followed URL has come: its cursor, what is known of it, and which of its messages still wait for
//! the command. What is saved passes no message that waits. Pure.

use std::collections::{BTreeSet, HashSet, VecDeque};

use hark_engine::{
    cursor::Cursor,
    link::{Committed, Delivery, Outcome},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::known::{Ids, Known, Print, print};

/// The number of a message that waits for the command.
pub type Ticket = u64;

/// What is saved of one URL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    /// The hash of its URL, which may itself be a secret.
    pub source: String,
    /// Its server, for the person who looks into the file.
    pub server: String,
    /// What the server speaks, where that was recognised.
    pub feed: Option<String>,
    /// The cursor's id.
    id: Option<String>,
    /// The cursor's time.
    time: Option<Timestamp>,
    /// Whether its messages carry ids.
    pub has_ids: Option<bool>,
    /// Whether what it held at first is over.
    pub streamed: bool,
    /// When it began to be followed.
    pub begun: Option<Timestamp>,
    /// When it was last heard.
    pub heard: Option<Timestamp>,
    /// When its last message came.
    pub last_message: Option<Timestamp>,
    /// The run that ids belong to.
    run: u64,
    /// The events that have come, oldest first, by runs.
    known: Vec<Group>,
}

/// Events of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    run: u64,
    /// As hexadecimal digits, one behind the other.
    prints: String,
}

impl Saved {
    /// Of a URL that was not followed before, by the hash of it.
    pub fn new(source: &str) -> Self {
        Self { source: source.to_owned(), ..Self::default() }
    }

    /// What the next dial resumes from.
    pub fn cursor(&self) -> Cursor {
        Cursor { id: self.id.clone(), time: self.time }
    }

    /// The same with another cursor.
    pub fn resumed_from(self, id: &str) -> Self {
        Self { id: Some(id.to_owned()), time: None, ..self }
    }

    fn prints(&self) -> Option<Vec<(Print, u64)>> {
        let mut all = Vec::new();
        for group in &self.known {
            if !group.prints.is_ascii() || group.prints.len() % (2 * size_of::<Print>()) != 0 {
                return None;
            }
            for digits in group.prints.as_bytes().chunks_exact(2 * size_of::<Print>()) {
                let digits = std::str::from_utf8(digits).ok()?;
                all.push((u128::from_str_radix(digits, 16).ok()?.to_be_bytes(), group.run));
            }
        }
        Some(all)
    }
}

/// A message that waits, and where the cursor may go once it and all before it are done.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    ticket: Ticket,
    print: Option<Print>,
    cursor: Option<Cursor>,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Progress {
    /// As it was read, or is to be saved, but for what follows.
    saved: Saved,
    cursor: Cursor,
    known: Known,
    /// In the order in which they came.
    waiting: VecDeque<Step>,
    /// Those of them that are done, while one before them is not.
    done: BTreeSet<Ticket>,
}

impl Progress {
    /// Goes on from what was saved; `None` where that cannot be read.
    pub fn of(saved: Saved) -> Option<Self> {
        let known = Known::of(saved.run, saved.prints()?);
        let cursor = saved.cursor();
        Some(Self { saved, cursor, known, waiting: VecDeque::new(), done: BTreeSet::new() })
    }

    /// Notes that the first of these deliveries has come, and answers whether it is new.
    pub fn takes(&mut self, deliveries: &[Delivery], ids: &mut Ids) -> bool {
        self.known.takes(deliveries, ids)
    }

    /// Passes a delivery: what became of it is settled, or waits under this ticket.
    pub fn pass(&mut self, delivery: &Delivery, ticket: Option<Ticket>, ids: Ids, now: Timestamp) {
        if let Outcome::Message(..) = delivery.outcome {
            let has_one = delivery.event.own_id.is_some();
            let had = self.saved.has_ids.unwrap_or_default() || !self.cursor.is_none();
            self.saved.has_ids = Some(had || has_one);
            self.saved.last_message = Some(now);
        }
        // A repeated event from before the cursor does not move it back.
        let moves = ids.renumbered || delivery.fallen.is_none();
        let cursor = delivery.cursor.clone().filter(|_| moves);
        if let Some(cursor) = &cursor {
            self.cursor.clone_from(cursor);
        }
        if let Some(ticket) = ticket {
            self.waiting.push_back(Step { ticket, print: print(&delivery.event), cursor });
        } else if let Some(cursor) = cursor {
            match self.waiting.back_mut() {
                Some(step) => step.cursor = Some(cursor),
                None => self.reach(cursor),
            }
        }
    }

    /// A message that waited is done.
    pub fn done(&mut self, ticket: Ticket) {
        self.done.insert(ticket);
        while let Some(step) = self.waiting.front()
            && self.done.remove(&step.ticket)
        {
            let step = self.waiting.pop_front();
            if let Some(cursor) = step.and_then(|step| step.cursor) {
                self.reach(cursor);
            }
        }
    }

    /// What the link is to know after a commit.
    pub fn committed(&self, Ids { renumbered, repeated }: Ids) -> Committed {
        Committed { cursor: self.cursor.clone(), renumbered, repeated }
    }

    /// What the server held at first is over.
    pub fn streamed(&mut self) {
        self.saved.streamed = true;
    }

    /// It was heard then.
    pub fn heard(&mut self, at: Timestamp) {
        self.saved.heard = Some(at);
    }

    /// This is what it speaks.
    pub fn speaks(&mut self, feed: &str) {
        self.saved.feed = Some(feed.to_owned());
    }

    /// What is to be saved now.
    pub fn saved(&self) -> Saved {
        let undone = self.waiting.iter().filter(|step| !self.done.contains(&step.ticket));
        let undone: HashSet<Print> = undone.filter_map(|step| step.print).collect();
        let mut known: Vec<Group> = Vec::new();
        for (print, run) in self.known.prints().filter(|(print, _)| !undone.contains(print)) {
            if known.last().is_none_or(|group| group.run != run) {
                known.push(Group { run, prints: String::new() });
            }
            if let Some(group) = known.last_mut() {
                group.prints.push_str(&format!("{:032x}", u128::from_be_bytes(print)));
            }
        }
        Saved { run: self.known.run(), known, ..self.saved.clone() }
    }

    fn reach(&mut self, cursor: Cursor) {
        (self.saved.id, self.saved.time) = (cursor.id, cursor.time);
    }
}

#[cfg(test)]
mod tests {
    use super::{super::known::tests::delivery, *};

    fn progress() -> Progress {
        Progress::of(Saved::default()).unwrap()
    }

    fn pass(progress: &mut Progress, id: &str, ticket: Option<Ticket>) {
        let delivery = delivery(id, "text", None);
        let mut ids = Ids::default();
        assert!(progress.takes(std::slice::from_ref(&delivery), &mut ids));
        progress.pass(&delivery, ticket, ids, Timestamp::UNIX_EPOCH);
    }

    fn is_new(saved: Saved, id: &str) -> bool {
        let json = serde_json::to_string(&saved).unwrap();
        let mut back = Progress::of(serde_json::from_str(&json).unwrap()).unwrap();
        back.takes(&[delivery(id, "text", None)], &mut Ids::default())
    }

    #[test]
    fn what_is_saved_goes_on_where_it_was() {
        let mut progress = progress();
        pass(&mut progress, "1", None);
        pass(&mut progress, "2", None);
        let saved = progress.saved();
        assert_eq!(saved.cursor(), Cursor::of_id("2"));
        assert_eq!((saved.has_ids, saved.last_message), (Some(true), Some(Timestamp::UNIX_EPOCH)));
        for (id, wanted) in [("1", false), ("2", false), ("3", true)] {
            assert_eq!(is_new(saved.clone(), id), wanted, "{id}");
        }
    }

    #[test]
    fn what_is_saved_passes_no_message_that_waits() {
        let mut progress = progress();
        pass(&mut progress, "1", None);
        pass(&mut progress, "2", Some(10));
        pass(&mut progress, "3", Some(11));
        pass(&mut progress, "4", None);
        let cursor = |progress: &Progress| progress.saved().cursor().id.unwrap();
        let news =
            |progress: &Progress| ["1", "2", "3", "4"].map(|id| is_new(progress.saved(), id));
        assert_eq!(progress.committed(Ids::default()).cursor, Cursor::of_id("4"));
        assert_eq!((cursor(&progress), news(&progress)), ("1".into(), [false, true, true, false]));
        // One that is done before an earlier one is known, and holds the cursor back no more than that.
        progress.done(11);
        assert_eq!((cursor(&progress), news(&progress)), ("1".into(), [false, true, false, false]));
        progress.done(10);
        assert_eq!((cursor(&progress), news(&progress)), ("4".into(), [false; 4]));
        assert!(progress.waiting.is_empty() && progress.done.is_empty());
    }

    #[test]
    fn what_is_no_print_is_not_read() {
        for prints in ["1", "zz", &"g".repeat(32), &"é".repeat(16)] {
            let known = vec![Group { run: 0, prints: prints.to_owned() }];
            assert!(Progress::of(Saved { known, ..Saved::default() }).is_none(), "{prints}");
        }
    }
}
