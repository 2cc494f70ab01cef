//! Follows a new URL: tries it, says what it is, writes it into the settings. Needs no running agent.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use hark_api::{AddSubscription, Added, ApiError, ErrorCode, Found};
use hark_config::{
    TomlError,
    credentials::Credentials,
    presets::Presets,
    settings::{self, Basic, Credential, Edit, NewSubscription, Subscription, Typed},
};
use hark_engine::{failure::Cause, feed};
use hark_local::profile::Profile;
use hark_platform::aside::{Aside, FILE_TIMEOUT};
use hark_stream::{
    connection::Ask,
    probe::{Latest, Outcome, Refusal, RefusalKind, Stream, guess, latest, probe},
};

use super::Commands;
use crate::{
    configuration::{EDIT_TIMEOUT, refusal},
    to_api,
};

/// The warning about an added subscription that cannot be followed yet.
const NOT_YET: &str = "It is saved, and followed as soon as the database can be written; for why that \
                       cannot be done now, see: hark status";
/// Why a stream is not followed that is the answer to one question.
const IS_ANSWER: &str = "streams one answer and says that it is all ([DONE]): it is no feed of what is to \
                         come, and would be told anew with each connection.";
/// What to do about it, where nobody can be asked.
const UNCHECKED: &str = "To follow it all the same, add it with --unchecked.";
/// The warning about a stream that does not stay open.
const ENDED: &str = "It ended the stream after what it had. Where it goes on doing so, it is asked once a \
                     minute, unless it sends retry:.";
/// The warning about one that answers over http alone, though nobody has said that it should.
const IN_THE_CLEAR: &str = "Over https it does not answer, so it is followed over http: whoever is on the \
                            way can read and change what comes. No token is sent to it.";
/// What is said of one that could not be recognised.
const NOT_KNOWN: &str = "What it speaks is found out at its first answer.";
/// How long to wait until an added subscription has settled.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(4);

impl Commands {
    /// Tries a URL, writes it into the settings and follows it.
    ///
    /// # Errors
    /// Where it is no URL, is refused, is followed already, or the settings cannot be written.
    pub async fn add(&self, new: AddSubscription) -> Result<Added, ApiError> {
        let path = self.configuration.path();
        let tried = try_url(path, new, self.configuration.files()).await?;
        let new = tried.subscription.clone();
        let key = self.change(&[], move |path| settings::add(path, &new)).await?;
        self.subscriptions.settled(&key, SETTLE_TIMEOUT).await;
        let mut added = tried.added(key);
        if !self.subscriptions.registry().keys().contains(&added.subscription)
            && self.configuration.is_written(&added.subscription)
        {
            let both = added.warning.into_iter().chain([NOT_YET.to_owned()]);
            added.warning = Some(both.collect::<Vec<_>>().join(" "));
        }
        Ok(added)
    }
}

/// A URL that was tried: the subscription to write down, and what the client is told about it.
struct Trial {
    subscription: NewSubscription,
    recognised: Option<hark_api::Recognised>,
    preview: Option<hark_api::Preview>,
    warning: Option<String>,
}

impl Trial {
    fn added(self, subscription: String) -> Added {
        let Self { recognised, preview, warning, .. } = self;
        Added { subscription, recognised, preview, warning }
    }
}

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
    let path = profile.settings();
    let tried = try_url(&path, new, files).await?;
    let new = tried.subscription.clone();
    let at = path.clone();
    let added = files.within(EDIT_TIMEOUT, move || settings::add(&at, &new)).await;
    let slow = |slow| refusal(TomlError::Slow { path, slow }.into());
    let Edit { answer: key, .. } = added.map_err(slow)?.map_err(refusal)?;
    Ok(tried.added(key))
}

/// Tries a URL, as far as the person wants it tried.
async fn try_url(path: &Path, new: AddSubscription, files: &Aside) -> Result<Trial, ApiError> {
    let said = ApiError::plain;
    // The sentence may repeat what the person has just typed; nothing of it is logged.
    let Typed { url, in_the_clear } =
        settings::read_typed(&new.url).map_err(|wrong| said(format!("{}: {wrong}", new.url)))?;
    let slow = |slow| refusal(TomlError::Slow { path: path.to_path_buf(), slow }.into());
    let presets = {
        let path = path.to_path_buf();
        files.within(FILE_TIMEOUT, move || Presets::beside(&path).presets).await.map_err(slow)?
    };
    if let Some(feed) = &new.feed {
        presets.feed(feed).map_err(said)?;
    }
    let credential = |credential| match credential {
        hark_api::Credential::Env(name) => Credential::Env(name),
        hark_api::Credential::File(path) => Credential::File(PathBuf::from(path)),
    };
    let basic =
        |basic: hark_api::Basic| Basic { user: basic.user, password: credential(basic.password) };
    let headers = new.headers.into_iter().map(|header| (header.name, credential(header.value)));
    let proxy = new.proxy.as_deref().map(settings::read_proxy).transpose().map_err(|wrong| {
        said(format!("{} cannot be the proxy: {wrong}.", new.proxy.as_deref().unwrap_or_default()))
    })?;
    let name = new.name.filter(|name| !name.trim().is_empty());
    let mut subscription = Subscription::plain(url.clone(), "json");
    subscription.bearer = new.bearer.map(credential);
    subscription.basic = new.basic.map(basic);
    subscription.headers = headers.collect();
    subscription.proxy = proxy.unwrap_or_default();
    let ca = new.ca.map(PathBuf::from);
    subscription.ca.clone_from(&ca);
    let known = |Stream { recognition, url }| (to_api::recognised(recognition), url);
    let mut found = guess(&url).filter(|_| new.feed.is_none()).map(known);
    let (mut warning, mut preview) = (None, None);
    if let Some(before) = new.found {
        let Typed { url, .. } = settings::read_typed(&before.url)
            .map_err(|wrong| said(format!("{}: {wrong}", before.url)))?;
        (found, warning) = (Some((before.recognised, url)), before.warning);
    } else if !new.unchecked {
        let origin = subscription.origin();
        // It may be the authorities' file that cannot be read, and no token helps against that.
        let code = ca.is_none().then_some(ErrorCode::CredentialWanted);
        let wrong = |cause: Cause| ApiError { code, ..ApiError::plain(cause.sentence(&origin)) };
        let secret = subscription.has_credential();
        let mut ask = Credentials::new(subscription.clone()).ask().await.map_err(wrong)?;
        let mut outcome = probe(ask.clone()).await;
        if let (Outcome::Unreachable { .. }, Some(clear), false) = (&outcome, in_the_clear, secret)
        {
            let clear = Ask { url: clear, ..ask.clone() };
            if let stream @ Outcome::Stream(_) = probe(clear.clone()).await {
                (outcome, ask, warning) = (stream, clear, Some(IN_THE_CLEAR.to_owned()));
            }
        }
        match outcome {
            Outcome::Stream(stream) => {
                let feed = new.feed.as_deref().unwrap_or(stream.recognition.feed);
                if let Ok(feed) = presets.feed(feed) {
                    let ask = Ask { url: stream.url.clone(), ..ask };
                    let Latest { message, ended, is_answer } = latest(&ask, &*feed).await;
                    let sentence = match (is_answer, new.asks) {
                        (true, true) => Some(format!("{origin} {IS_ANSWER}")),
                        (true, false) => Some(format!("{origin} {IS_ANSWER} {UNCHECKED}")),
                        (false, asks) => (ended && asks).then(|| format!("{origin}: {ENDED}")),
                    };
                    if let Some(sentence) = sentence {
                        let code = Some(ErrorCode::NoPushFeed);
                        let (recognised, url) = known(stream);
                        let found = Box::new(Found { url: url.into(), recognised, warning });
                        return Err(ApiError { code, sentence, found: Some(found) });
                    }
                    preview = message.map(to_api::preview);
                    warning = warning.or_else(|| ended.then(|| ENDED.to_owned()));
                }
                found = Some(known(stream));
            }
            Outcome::Unreachable { cause } => {
                let sentence = cause.sentence(&origin);
                warning = Some(format!(
                    "It could not be tried now, and is saved all the same. {sentence}"
                ));
                if found.is_none() && new.feed.is_none() {
                    warning = warning.map(|said| format!("{said} {NOT_KNOWN}"));
                }
            }
            Outcome::Refused(refusal) => return Err(refused(&refusal, &origin)),
        }
    }
    let (recognised, url) = match found {
        Some((recognised, url)) => (Some(recognised), url),
        None => (None, url),
    };
    let feed = new.feed.or_else(|| recognised.as_ref().map(|found| found.feed.clone()));
    let feed = feed.unwrap_or_else(|| feed::UNKNOWN.into());
    let lacks = presets.feed(&feed).map_err(said)?.subscribe(&url, "");
    lacks.map_err(|cause| said(cause.sentence(&url.origin().ascii_serialization())))?;
    let Subscription { bearer, basic, headers, ca, .. } = subscription;
    let (proxy, paused) = (new.proxy, new.paused);
    let subscription =
        NewSubscription { url, name, feed, bearer, basic, headers, ca, proxy, paused };
    Ok(Trial { subscription, recognised, preview, warning })
}

fn refused(refusal: &Refusal, origin: &str) -> ApiError {
    let code = match refusal.kind {
        RefusalKind::CredentialWanted => ErrorCode::CredentialWanted,
        RefusalKind::NotAFeed => ErrorCode::NotAFeed,
    };
    ApiError { code: Some(code), ..ApiError::plain(refusal.sentence(origin)) }
}
