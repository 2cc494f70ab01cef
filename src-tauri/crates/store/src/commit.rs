//! The one transaction in which a message, its decision and the cursor are written.

use hark_engine::{
    link::{self, Delivery, Outcome},
    message::{Change, Extras, Message, RawEvent, Sequence},
    policy::{Decision, Origin, Verdict},
};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};

use crate::{
    Changed, Shown, Store, StoreError,
    cursor::Run,
    outbox::changed,
    prune::{Came, bound_messages, bound_trails},
    relay::note_removed,
    to_ms,
};

/// How much of an event that is set aside is kept, in bytes.
const HEAD_BYTES_MAX: usize = 4096;
/// How much of an event's id is shown, in bytes; as a cursor it is kept whole.
const ID_BYTES_MAX: usize = 4096;
/// How much of its type is kept, in bytes.
const KIND_BYTES_MAX: usize = 200;

/// What became of one delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// A new message with this id.
    New(i64),
    /// A new message in the place of an earlier one of its sequence, which is gone.
    Replaced {
        /// The new one's id.
        id: i64,
        /// The id of the one that is gone.
        earlier: i64,
    },
    /// It was there already, or a later one of its sequence is.
    Duplicate,
    /// The person's own rule dropped it.
    Dropped,
    /// These earlier messages were changed, or are gone.
    Changed(Vec<i64>),
    /// It is kept aside.
    SetAside,
    /// Only the cursor moved.
    Nothing,
}

/// What a commit did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// What became of each delivery, in order.
    pub stored: Vec<Stored>,
    /// The ids of messages that were deleted, since their subscription was over a bound.
    pub pruned: Vec<i64>,
    /// The cursor, and what is new about the ids.
    pub link: link::Committed,
}

impl Store {
    /// Sets whether there is nobody to show alerts to: while there is nobody, no alert waits. Answers those
    /// that did.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn set_nobody(&mut self, has_nobody: bool) -> Result<Changed, StoreError> {
        self.has_nobody = has_nobody;
        if !has_nobody {
            return Ok(Changed::new());
        }
        // What is held back has its time still.
        changed(
            &self.connection,
            "UPDATE message SET shown = 'nobody' WHERE shown = 'pending' RETURNING id",
            [],
        )
    }

    /// Commits deliveries of one subscription, in order, in one transaction: all or none.
    ///
    /// # Errors
    /// Where the database cannot be used; then nothing was written and the cursor is where it was.
    pub fn commit<'a>(
        &mut self,
        subscription: &str,
        deliveries: impl IntoIterator<Item = &'a Delivery>,
        received: Timestamp,
        decide: impl Fn(&Message, &RawEvent, Origin) -> Verdict,
    ) -> Result<Committed, StoreError> {
        let keep = self.keep_of(subscription);
        let has_nobody = self.has_nobody;
        let deliveries: Vec<&Delivery> = deliveries.into_iter().collect();
        let transaction = self.connection.transaction()?;
        let mut run = Run::read(&transaction, subscription)?;
        let mut came = Came::default();
        let mut stored = Vec::with_capacity(deliveries.len());
        for (place, delivery) in deliveries.iter().enumerate() {
            let is_new = run.takes(&transaction, &deliveries[place..])?;
            let Delivery { event, outcome, cursor, fallen } = delivery;
            stored.push(match outcome {
                Outcome::Nothing => Stored::Nothing,
                _ if !is_new => Stored::Duplicate,
                Outcome::Message(message, origin) => {
                    let verdict = decide(message, event, *origin);
                    run.has_ids(event.own_id.is_some());
                    let arrived = NewMessage { subscription, event, message, received, has_nobody };
                    arrived.keep(&transaction, &verdict, &mut came)?
                }
                Outcome::Changed(change) => {
                    let ids = apply(&transaction, subscription, change, received)?;
                    if ids.is_empty() {
                        // It may have come before the message that it changes; then it comes again.
                        run.forget_print(&transaction, event)?;
                    }
                    Stored::Changed(ids)
                }
                Outcome::SetAside { reason, bytes } => {
                    set_aside(&transaction, subscription, event, reason, *bytes, received)?;
                    Stored::SetAside
                }
            });
            // A repeated event from before the cursor does not move it back.
            if let Some(cursor) = cursor
                && (run.renumbered || fallen.is_none())
            {
                run.cursor.clone_from(cursor);
            }
        }
        run.write(&transaction)?;
        came.write(&transaction, subscription)?;
        let pruned = bound_messages(&transaction, subscription, keep)?;
        let count = |kind: &dyn Fn(&Stored) -> bool| {
            u32::try_from(stored.iter().filter(|it| kind(it)).count()).unwrap_or(u32::MAX)
        };
        let by = [count(&|it| *it == Stored::SetAside), count(&|it| *it != Stored::Nothing)];
        let grown = self.trails_grown.entry(subscription.to_owned()).or_default();
        bound_trails(&transaction, subscription, grown, by)?;
        transaction.commit()?;
        let Run { cursor, renumbered, repeated, .. } = run;
        let link = link::Committed { cursor, renumbered, repeated };
        Ok(Committed { stored, pruned, link })
    }
}

/// A message that has not come before.
struct NewMessage<'a> {
    subscription: &'a str,
    event: &'a RawEvent,
    message: &'a Message,
    received: Timestamp,
    /// Whether there is nobody to show it to.
    has_nobody: bool,
}

impl NewMessage<'_> {
    fn keep(
        &self,
        transaction: &Transaction<'_>,
        verdict: &Verdict,
        came: &mut Came,
    ) -> rusqlite::Result<Stored> {
        let Self { subscription, message, .. } = self;
        let earlier = match &message.sequence {
            Some(sequence) => latest_of(transaction, subscription, sequence)?,
            None => None,
        };
        if let (Some(sequence), Some(earlier)) = (&message.sequence, &earlier)
            && is_late(message, sequence, earlier)
        {
            return Ok(Stored::Duplicate);
        }
        if verdict.decision == Decision::Drop {
            transaction
                .prepare_cached("UPDATE cursor SET dropped = dropped + 1 WHERE subscription = ?1")?
                .execute([subscription])?;
            return Ok(Stored::Dropped);
        }
        let id = self.insert(transaction, verdict, came)?;
        let replaces = message.sequence.as_ref().is_some_and(|sequence| sequence.replaces);
        Ok(match earlier.filter(|_| replaces) {
            Some(Predecessor { id: earlier, .. }) => {
                transaction
                    .prepare_cached("DELETE FROM message WHERE id = ?1")?
                    .execute([earlier])?;
                note_removed(transaction, subscription, earlier)?;
                Stored::Replaced { id, earlier }
            }
            None => Stored::New(id),
        })
    }

    fn insert(
        &self,
        transaction: &Transaction<'_>,
        verdict: &Verdict,
        came: &mut Came,
    ) -> rusqlite::Result<i64> {
        let Self { subscription, event, message, received, has_nobody } = *self;
        let (decision, shown) = match verdict.decision {
            Decision::Alert if has_nobody => ("alert", Shown::Nobody),
            Decision::Alert => ("alert", Shown::Pending),
            Decision::Backlog => ("backlog", Shown::No),
            Decision::Quiet | Decision::Drop => ("quiet", Shown::No),
        };
        // What was there before it was followed is no news.
        let is_read = verdict.decision == Decision::Backlog;
        let extras = (message.extras != Extras::default())
            .then(|| serde_json::to_string(&message.extras).unwrap_or_default());
        let kind = cut(&event.kind, KIND_BYTES_MAX);
        let id = event.own_id.as_deref().map(|id| cut(id, ID_BYTES_MAX));
        let texts = [message.title.as_str(), &message.body, kind, &event.data];
        let bytes =
            texts.map(str::len).iter().sum::<usize>() + extras.as_ref().map_or(0, String::len);
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        came.add(bytes);
        transaction
            .prepare_cached(
                "INSERT INTO message (subscription, server_id, title, body, priority, time,
                                      received, url, tags, raw_kind, raw_data, decision, shown,
                                      topic, sequence, extras, rule, sound, bytes, read)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
                         ?17, ?18, ?19, ?20)",
            )?
            .insert(params![
                subscription,
                id,
                message.title.as_str(),
                message.body.as_str(),
                verdict.priority.level(),
                message.time.map(to_ms),
                to_ms(received),
                message.url,
                serde_json::to_string(&message.tags).unwrap_or_default(),
                kind,
                event.data,
                decision,
                shown.name(),
                message.topic.as_deref(),
                message.sequence.as_ref().map(|sequence| sequence.id.as_str()),
                extras,
                verdict.rule,
                verdict.sound,
                bytes,
                is_read.then(|| to_ms(received)),
            ])
    }
}

/// The beginning of a text, at most so many bytes of it.
fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

/// The latest stored message of a sequence, before a new one takes its place.
struct Predecessor {
    id: i64,
    time: Option<i64>,
}

fn latest_of(
    transaction: &Transaction<'_>,
    subscription: &str,
    sequence: &Sequence,
) -> rusqlite::Result<Option<Predecessor>> {
    transaction
        .prepare_cached(
            "SELECT id, time FROM message WHERE subscription = ?1 AND sequence = ?2
             ORDER BY id DESC LIMIT 1",
        )?
        .query_row(params![subscription, sequence.id.as_str()], |row| {
            Ok(Predecessor { id: row.get(0)?, time: row.get(1)? })
        })
        .optional()
}

/// Whether the message was replaced before it came, as a replay may bring the old after the new.
fn is_late(message: &Message, sequence: &Sequence, earlier: &Predecessor) -> bool {
    let older = message.time.map(to_ms).zip(earlier.time).is_some_and(|(own, there)| own < there);
    (sequence.replaces || sequence.begins) && older
}

fn apply(
    transaction: &Transaction<'_>,
    subscription: &str,
    change: &Change,
    now: Timestamp,
) -> rusqlite::Result<Vec<i64>> {
    let (sql, sequence) = match change {
        Change::Read(sequence) => (
            "UPDATE message SET read = coalesce(read, ?3),
                 shown = iif(shown IN ('pending', 'held', 'shown'), 'withdrawn', shown)
             WHERE subscription = ?1 AND sequence = ?2
                 AND (read IS NULL OR shown IN ('pending', 'held', 'shown'))
             RETURNING id",
            sequence,
        ),
        Change::Deleted(sequence) => {
            (
                // The time is of no account.
                "DELETE FROM message WHERE subscription = ?1 AND sequence = ?2 AND ?3 IS NOT NULL
             RETURNING id",
                sequence,
            )
        }
    };
    let mut statement = transaction.prepare_cached(sql)?;
    let ids = statement
        .query_map(params![subscription, sequence.as_str(), to_ms(now)], |row| row.get(0))?;
    let ids = ids.collect::<rusqlite::Result<Vec<i64>>>()?;
    if matches!(change, Change::Deleted(_)) {
        for id in &ids {
            note_removed(transaction, subscription, *id)?;
        }
    }
    Ok(ids)
}

fn set_aside(
    transaction: &Transaction<'_>,
    subscription: &str,
    event: &RawEvent,
    reason: &str,
    bytes: u64,
    at: Timestamp,
) -> rusqlite::Result<()> {
    let head = cut(&event.data, HEAD_BYTES_MAX);
    let id = event.own_id.as_deref().map(|id| cut(id, ID_BYTES_MAX));
    transaction
        .prepare_cached(
            "INSERT INTO set_aside (subscription, at, own_id, reason, bytes, head)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            subscription,
            to_ms(at),
            id,
            reason,
            i64::try_from(bytes).unwrap_or(i64::MAX),
            head,
        ])
        .map(|_| ())
}
