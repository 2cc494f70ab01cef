//! `hark read` and `hark delete`: what the person is done with.

use hark_api::{COUNTED_MAX, DeleteMessages, MessagesQuery, ReadMessages, client::Client, route};
use hark_local::profile::Profile;

use super::client;
use crate::{
    Done, Failed,
    arguments::{DeleteOptions, ReadOptions},
    out,
};

/// Marks messages as read; their notifications go away.
pub async fn read(profile: &Profile, options: ReadOptions) -> Done {
    let ReadOptions { ids, all, of } = options;
    let up_to = (all || of.is_some()).then_some(i64::MAX);
    let asked = ReadMessages { messages: ids, up_to, subscription: of };
    let client = client(profile);
    let read = client.call(&route::READ, &asked).await?;
    if read.messages == 0 && !asked.messages.is_empty() && !is_any(&client, &asked.messages).await?
    {
        return Err(none());
    }
    out::line(match read.messages {
        0 => "There was none that was not read.".to_owned(),
        1 => "1 message is read now.".to_owned(),
        COUNTED_MAX.. => format!("{COUNTED_MAX} messages or more are read now."),
        count => format!("{count} messages are read now."),
    })?;
    Ok(())
}

/// Deletes messages, for good.
pub async fn delete(profile: &Profile, options: DeleteOptions) -> Done {
    let asked = DeleteMessages { messages: options.ids };
    let wanted = asked.messages.len();
    let gone = client(profile).call(&route::DELETE, &asked).await?.messages.len();
    if gone == 0 {
        return Err(none());
    }
    let missing = match wanted - gone {
        0 => String::new(),
        missing => format!(" Of {missing} there was none."),
    };
    let deleted =
        if gone == 1 { "1 message is".to_owned() } else { format!("{gone} messages are") };
    out::line(format!("{deleted} deleted.{missing}"))?;
    Ok(())
}

/// Whether any of these messages is there.
async fn is_any(client: &Client, ids: &[i64]) -> Result<bool, Failed> {
    for id in ids {
        let (after, limit) = (Some(id.saturating_sub(1)), Some(1));
        let query = MessagesQuery { after, limit, ..MessagesQuery::default() };
        if client.call(&route::MESSAGES, &query).await?.iter().any(|found| found.id == *id) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn none() -> Failed {
    Failed("There is no such message. See: hark messages".to_owned())
}
