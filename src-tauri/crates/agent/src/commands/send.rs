//! Sends a message of the person's own to a subscription's server. Needs no running agent.

use hark_api::{ApiError, SendMessage, Sent};
use hark_config::{
    TomlError,
    credentials::Credentials,
    presets::Presets,
    settings::{self, EditError, Subscription},
};
use hark_engine::{
    failure::Cause,
    feed::{
        self,
        publish::{Outgoing, read_priority, refusal as refused},
    },
};
use hark_local::profile::Profile;
use hark_platform::aside::{Aside, FILE_TIMEOUT};
use hark_stream::connection::publish;
use indexmap::IndexMap;

use super::Commands;
use crate::refusals::refusal;

impl Commands {
    /// Sends a message to a subscription's server, as its settings in force say.
    ///
    /// # Errors
    /// Where there is none of that key or name, it cannot be sent to, or its server does not take it.
    pub async fn send(&self, message: SendMessage) -> Result<Sent, ApiError> {
        sent(self.configuration.wanted(), message, Credentials::new).await
    }
}

/// Sends a message as the settings of `profile` say, without an agent. `files` reads them.
///
/// # Errors
/// Those of [`Commands::send`], and where the settings cannot be read.
pub async fn send(
    profile: &Profile,
    message: SendMessage,
    files: &Aside,
) -> Result<Sent, ApiError> {
    let path = profile.settings();
    let read = {
        let path = path.clone();
        move || settings::read(&path, &Presets::beside(&path).presets)
    };
    let read = files.within(FILE_TIMEOUT, read).await;
    let read = read.unwrap_or_else(|slow| Err(TomlError::Slow { path, slow }));
    let (_, settings) = read.map_err(|error| refusal(error.into()))?;
    // A person waits for it.
    sent(settings.subscriptions, message, Credentials::attended).await
}

async fn sent(
    mut all: IndexMap<String, Subscription>,
    message: SendMessage,
    credentials: fn(Subscription) -> Credentials,
) -> Result<Sent, ApiError> {
    let said = ApiError::plain;
    let key = settings::key_of(&all, &message.subscription).map_err(refusal)?;
    let Some(one) = all.swap_remove(&key) else { return Err(refusal(EditError::Unknown(key))) };
    let message = outgoing(message).map_err(said)?;
    if one.feed == feed::UNKNOWN {
        return Err(said(format!(
            "It is not known yet what the server of {key} speaks, and so not how to send to it. It is \
             found out at its first answer; or name its feed in the settings."
        )));
    }
    let to = one.publish.as_ref().and_then(|publish| publish.url.as_ref());
    let request = one.speaks().publish(&one.sent_from(), to, &message).map_err(said)?;
    let sending = one.to_send(&request.url);
    let server = sending.origin();
    let failed = |cause: Cause| said(refused(&cause, &server));
    let ask = credentials(sending).ask().await.map_err(failed)?;
    publish(ask, request).await.map_err(failed)?;
    Ok(Sent { name: one.name.unwrap_or_else(|| key.clone()), subscription: key })
}

/// The message, where it can be sent; else one sentence.
fn outgoing(message: SendMessage) -> Result<Outgoing, String> {
    let SendMessage { subscription: _, text, title, priority, tags, click, topic } = message;
    let priority = priority.map(|level| read_priority(&level.to_string())).transpose()?;
    Outgoing { text, title, priority, tags, click, topic }.checked()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> SendMessage {
        SendMessage { subscription: "a".into(), text: text.into(), ..SendMessage::default() }
    }

    #[tokio::test]
    async fn what_cannot_be_sent_to_says_so_before_anything_is_asked() {
        let all = |feed: &str| {
            let one = Subscription::plain("https://a.invalid/x".parse().unwrap(), feed);
            [("a".to_owned(), one)].into_iter().collect::<IndexMap<_, _>>()
        };
        let sent = |all, message| super::sent(all, message, Credentials::new);
        for (feed, words) in [("smee", "feed is smee"), (feed::UNKNOWN, "not known yet")] {
            let said = sent(all(feed), message("hi")).await.unwrap_err().sentence;
            assert!(said.contains(words), "{said}");
        }
        let level = SendMessage { priority: Some(6), ..message("hi") };
        let said = sent(all("ntfy"), level).await.unwrap_err().sentence;
        assert!(said.contains("1 (lowest) to 5"), "{said}");
        let unknown = SendMessage { subscription: "b".into(), ..message("hi") };
        let said = sent(all("smee"), unknown).await.unwrap_err();
        assert_eq!(said.code, Some(hark_api::ErrorCode::UnknownSubscription));
    }
}
