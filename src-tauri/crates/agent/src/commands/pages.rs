//! Stored messages a page at a time: bounded in rows and in bytes, whatever strangers have written, and in what
//! is done in one go, however long a search takes.

use hark_api as api;
use hark_engine::message::Priority;
use hark_store::{Place, Query, Store, StoreError, Words};
use tokio::task::yield_now;

use crate::{ledger::Ledger, to_api};

/// A page ends with the message that reaches this.
const BYTES_MAX: usize = 4 << 20;

/// The page that was asked for, of at most `limit` messages. A shorter page need not be the last; an empty
/// page is.
///
/// # Errors
/// Those of the store.
pub async fn page(
    ledger: &Ledger,
    asked: api::MessagesQuery,
    limit: u32,
) -> Result<Vec<api::Message>, StoreError> {
    let Some(mut query) = ledger.read(|store| query(store, asked, limit))? else {
        return Ok(Vec::new());
    };
    loop {
        let (page, reached) = ledger.read(|store| {
            let found = store.find(&query)?;
            Ok((read(store, &found.ids)?, found.reached))
        })?;
        // What was found is answered: the next page goes on behind it.
        let Some(reached) = reached.filter(|_| page.is_empty()) else { return Ok(page) };
        match (query.after, query.above) {
            (Some(_), _) => query.after = Some(reached.id),
            (None, Some(_)) => query.above = Some(reached),
            (None, None) => query.before = Some(reached),
        }
        // A long search is not to hold up what comes in.
        yield_now().await;
    }
}

/// What is asked of the store; `None` where it is beside a message that is not there.
fn query(
    store: &Store,
    asked: api::MessagesQuery,
    limit: u32,
) -> Result<Option<Query>, StoreError> {
    let place = |id, time: Option<api::Time>| -> Result<_, StoreError> {
        let at = match time {
            Some(time) => Some(time.0),
            None => store.message(id)?.map(|row| row.at()),
        };
        Ok(at.map(|at| Place { at, id }))
    };
    let before = asked.before.map(|id| place(id, asked.before_time)).transpose()?;
    let above = asked.above.map(|id| place(id, asked.above_time)).transpose()?;
    if before == Some(None) || above == Some(None) {
        return Ok(None);
    }
    Ok(Some(Query {
        limit,
        after: asked.after,
        before: before.flatten(),
        above: above.flatten(),
        subscription: asked.subscription,
        since: asked.since.map(|since| since.0),
        until: asked.until.map(|until| until.0),
        unread: asked.unread,
        tag: asked.tag,
        priority: asked.priority.map(|level| Priority::clamped(level.into())),
        words: asked.search.as_deref().and_then(Words::of),
    }))
}

/// These messages, up to so many bytes.
fn read(store: &Store, ids: &[i64]) -> Result<Vec<api::Message>, StoreError> {
    let (mut page, mut bytes) = (Vec::new(), 0);
    for id in ids {
        if bytes >= BYTES_MAX {
            break;
        }
        if let Some(message) = store.message(*id)?.map(to_api::message) {
            bytes += size(&message);
            page.push(message);
        }
    }
    Ok(page)
}

/// The approximate size of a message. Bytes.
fn size(message: &api::Message) -> usize {
    let api::Message { title, body, tags, actions, attachment, .. } = message;
    let tags: usize = tags.iter().map(String::len).sum();
    let actions: usize = actions.iter().map(|it| it.label.len() + text(it.url.as_ref())).sum();
    let attachment = attachment.as_ref().map_or(0, |it| it.name.len() + it.url.len());
    let others = [&message.server_id, &message.url, &message.topic, &message.icon, &message.rule];
    let others: usize = others.into_iter().map(|it| text(it.as_ref())).sum();
    title.len() + body.len() + tags + actions + attachment + others
}

fn text(text: Option<&String>) -> usize {
    text.map_or(0, String::len)
}
