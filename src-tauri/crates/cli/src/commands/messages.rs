//! `hark messages`: the latest messages, a page at a time.

use hark_api::{Message, MessagesQuery, route};
use hark_local::profile::Profile;

use super::client;
use crate::{Done, out, show};

/// So many messages are asked for at a time.
const PAGE_MAX: u32 = 1_000;

pub async fn messages(profile: &Profile, limit: u32, json: bool) -> Done {
    let mut messages: Vec<Message> = Vec::new();
    loop {
        // Each answer is bounded by the agent, in rows and in bytes.
        let left = limit - u32::try_from(messages.len()).unwrap_or(limit).min(limit);
        let query = MessagesQuery {
            limit: Some(left.min(PAGE_MAX)),
            before: messages.last().map(|oldest| oldest.id),
            ..MessagesQuery::default()
        };
        let page = match left {
            0 => Vec::new(),
            _ => client(profile).call(&route::MESSAGES, &query).await?,
        };
        if page.is_empty() {
            break;
        }
        messages.extend(page);
    }
    messages.reverse();
    if !json {
        // Ids are in the order of the wire, which differs from the order of time where a server replays out
        // of order.
        messages.sort_by_key(|message| (message.time.0, message.id));
    }
    for message in &messages {
        if json {
            out::json(message)?;
        } else {
            out::line(show::message(message))?;
        }
    }
    if messages.is_empty() && !json {
        out::line("There is no message yet.")?;
    }
    Ok(())
}
