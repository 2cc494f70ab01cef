//! Follows a new URL: tries it, says what it is, writes it into the settings. Needs no running agent.

use hark_api::{AddSubscription, Added, ApiError, ErrorCode, profile::Profile};
use hark_engine::failure::Cause;

use crate::{
    access::Access,
    agent::{EDIT_TIMEOUT, refusal},
    files::{Aside, FILE_TIMEOUT},
    present,
    presets::Presets,
    probe::{Outcome, Refusal, RefusalKind, Stream, latest, probe},
    settings::{self, Credential, NewSubscription, SettingsError, Subscription},
    sse::Ask,
};

/// Tries a URL and writes it into the settings of `profile`, with or without an agent. `files` reads and
/// writes them.
///
/// # Errors
/// Where it is no URL, is refused, is followed already, or the settings cannot be written.
pub async fn add(
    profile: &Profile,
    new: AddSubscription,
    files: &Aside,
) -> Result<Added, ApiError> {
    let said = |sentence| ApiError { code: None, sentence };
    // What the person has just typed may be said to them; nothing of it is logged.
    let url =
        settings::read_url(&new.url).map_err(|wrong| said(format!("{}: {wrong}", new.url)))?;
    let path = profile.settings();
    let slow = |slow| refusal(SettingsError::Slow { path: profile.settings(), slow }.into());
    let presets = {
        let path = path.clone();
        files.within(FILE_TIMEOUT, move || Presets::beside(&path).presets).await.map_err(slow)?
    };
    if let Some(feed) = &new.feed {
        presets.feed(feed).map_err(said)?;
    }
    let bearer = new.bearer.map(|credential| match credential {
        hark_api::Credential::Env(name) => Credential::Env(name),
        hark_api::Credential::File(path) => Credential::File(path.into()),
    });
    let name = new.name.filter(|name| !name.trim().is_empty());
    let mut subscription = Subscription::plain(url.clone(), "json");
    subscription.bearer.clone_from(&bearer);
    let (mut warning, mut found, mut preview) = (None, None, None);
    if !new.unchecked {
        let origin = subscription.origin();
        let wrong = |cause: Cause| ApiError {
            code: Some(ErrorCode::CredentialWanted),
            sentence: cause.sentence(&origin),
        };
        let ask = Access::new(subscription).ask().await.map_err(wrong)?;
        match probe(ask.clone()).await {
            Outcome::Stream(stream) => {
                let feed = new.feed.as_deref().unwrap_or(stream.recognition.feed);
                if let Ok(feed) = presets.feed(feed) {
                    let ask = Ask { url: stream.url.clone(), ..ask };
                    preview = latest(&ask, &*feed).await.map(present::preview);
                }
                found = Some(stream);
            }
            Outcome::Unreachable { cause, guess } => {
                let sentence = cause.sentence(&origin);
                warning = Some(format!(
                    "It could not be tried now, and is saved all the same. {sentence}"
                ));
                found = guess;
            }
            Outcome::Refused(refusal) => return Err(refused(&refusal, &origin)),
        }
    }
    let (recognised, url) = match found {
        Some(Stream { recognition, url }) => (Some(present::recognised(recognition)), url),
        None => (None, url),
    };
    let feed = new.feed.or_else(|| recognised.as_ref().map(|found| found.feed.clone()));
    let new = NewSubscription { url, name, feed: feed.unwrap_or_else(|| "json".into()), bearer };
    let added = files.within(EDIT_TIMEOUT, move || settings::add(&path, &new)).await;
    let key = added.map_err(slow)?.map_err(refusal)?;
    Ok(Added { subscription: key, recognised, preview, warning })
}

fn refused(refusal: &Refusal, origin: &str) -> ApiError {
    let code = match refusal.kind {
        RefusalKind::CredentialWanted => ErrorCode::CredentialWanted,
        RefusalKind::NotAFeed => ErrorCode::NotAFeed,
    };
    ApiError { code: Some(code), sentence: refusal.cause.sentence(origin) }
}
