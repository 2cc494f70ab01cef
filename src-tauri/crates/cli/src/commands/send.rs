//! `hark send`: a message to a subscription's server, through the agent or, where none runs, by the settings
//! alone.

use std::io::{self, Read};

use hark_agent::commands::send;
use hark_api::{SendMessage, client::CallError, route};
use hark_engine::{
    feed::publish::{TEXT_BYTES_MAX, read_priority},
    message::Priority,
};
use hark_local::profile::Profile;
use hark_platform::aside::Aside;

use super::client;
use crate::{Done, Failed, arguments::SendOptions, out};

pub async fn send(profile: &Profile, options: SendOptions) -> Done {
    let priority = options.priority.as_deref().map(read_priority).transpose().map_err(Failed)?;
    let text = if options.text == "-" { read(io::stdin().lock())? } else { options.text };
    let message = SendMessage {
        subscription: options.key,
        text,
        title: options.title,
        priority: priority.map(Priority::level),
        tags: options.tags,
        click: options.click,
        topic: options.topic,
    };
    let sent = match client(profile).call(&route::SEND, &message).await {
        Err(CallError::NoAgent) => send::send(profile, message, &Aside::default()).await?,
        answer => answer?,
    };
    if options.json {
        out::json_pretty(&sent)?;
    } else {
        out::line(format_args!("Sent to {}.", sent.name))?;
    }
    Ok(())
}

/// The input's text, without the end of its last line.
fn read(input: impl Read) -> Result<String, Failed> {
    let mut bytes = Vec::new();
    input
        .take(TEXT_BYTES_MAX as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failed(format!("The input cannot be read: {error}.")))?;
    if bytes.len() > TEXT_BYTES_MAX {
        let limit = TEXT_BYTES_MAX >> 10;
        return Err(Failed(format!("The input is larger than {limit} KiB, too large for a text.")));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| Failed("The input is no text: it is not UTF-8.".to_owned()))?;
    let whole = text.strip_suffix('\n').unwrap_or(&text);
    Ok(whole.strip_suffix('\r').unwrap_or(whole).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_input_is_a_text_of_a_bounded_size() {
        let text = |bytes: &[u8]| read(bytes).map_err(|Failed(sentence)| sentence);
        assert_eq!(text(b"a\nb\r\n"), Ok("a\nb".to_owned()));
        assert_eq!(text(b"a\n\n"), Ok("a\n".to_owned()));
        assert!(text(&[0xff]).unwrap_err().contains("UTF-8"));
        assert!(read(io::repeat(b'x')).is_err_and(|Failed(said)| said.contains("64 KiB")));
    }
}
