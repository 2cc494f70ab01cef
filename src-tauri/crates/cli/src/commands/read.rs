//! `hark read` and `hark delete`: what the person is done with.

use hark_api::{COUNTED_MAX, DeleteMessages, ReadMessages, route};
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
    let asked = ReadMessages { messages: ids, up_to: all.then_some(i64::MAX), subscription: of };
    let read = client(profile).call(&route::READ, &asked).await?;
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
        return Err(Failed("There is no such message. See: hark messages --json".to_owned()));
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
