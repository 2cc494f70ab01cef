//! Stored messages a page at a time: bounded in rows and in bytes, whatever strangers have written.

use hark_api as api;
use hark_store::{MessageRow, Query, StoreError};

use crate::to_api;

/// A page ends with the message that reaches this.
const BYTES_MAX: usize = 4 << 20;
/// Rows read from the store at a time. Each may take a quarter of a MiB.
const ROWS_AT_ONCE: u32 = 16;

/// The page that was asked for, of at most `limit` messages. A shorter page need not be the last; an empty
/// page is.
///
/// # Errors
/// Those of the store, which `read` asks.
pub fn page(
    asked: api::MessagesQuery,
    limit: u32,
    mut read: impl FnMut(&Query) -> Result<Vec<MessageRow>, StoreError>,
) -> Result<Vec<api::Message>, StoreError> {
    let mut query =
        Query { limit, after: asked.after, before: asked.before, subscription: asked.subscription };
    let (mut page, mut bytes) = (Vec::new(), 0);
    let mut left = limit;
    while left > 0 && bytes < BYTES_MAX {
        query.limit = left.min(ROWS_AT_ONCE);
        let rows = read(&query)?;
        let Some(last) = rows.last().map(|row| row.id) else { break };
        match query.after {
            Some(_) => query.after = Some(last),
            None => query.before = Some(last),
        }
        left = left.saturating_sub(u32::try_from(rows.len()).unwrap_or(u32::MAX));
        for message in rows.into_iter().map(to_api::message) {
            if bytes < BYTES_MAX {
                bytes += size(&message);
                page.push(message);
            }
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
