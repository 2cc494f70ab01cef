//! Follows a new URL: tries it, says what it is, writes it into the settings. Needs no running agent.

use std::{path::Path, time::Duration};

use hark_api::{
    AddSubscription, Added, ApiError, Credential, Found, OptionValue, ReasonCode, Tried,
};
use hark_config::{
    TomlError, kept,
    presets::Presets,
    settings::{self, Basic, Edit, NewSubscription, Typed},
};
use hark_engine::feed;
use hark_local::profile::Profile;
use hark_platform::aside::{Aside, FILE_TIMEOUT};

use super::{
    Commands,
    secrets::{meant, options_meant},
    trial::{self, Answer, Question},
};
use crate::{
    configuration::EDIT_TIMEOUT,
    refusals::{of_address, refusal},
};

/// The warning about an added subscription that cannot be followed yet.
const NOT_YET: &str = "It is saved, and followed as soon as the database can be written; for why that \
                       cannot be done now, see: hark status";
/// How long to wait until an added subscription has settled.
pub(super) const SETTLE_TIMEOUT: Duration = Duration::from_secs(4);

impl Commands {
    /// Tries a URL, writes it into the settings and follows it.
    ///
    /// # Errors
    /// Where it is no URL, is refused, is followed already, or the settings cannot be written.
    pub async fn add(&self, new: AddSubscription) -> Result<Added, ApiError> {
        let path = self.configuration.path();
        self.may_name(&new)?;
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

    /// Tries a URL, and changes nothing.
    ///
    /// # Errors
    /// Where it is no URL, is refused, or cannot be reached.
    pub async fn try_it(&self, new: AddSubscription) -> Result<Tried, ApiError> {
        self.may_name(&new)?;
        let new = AddSubscription { reached: true, unchecked: false, found: None, ..new };
        let tried = try_url(self.configuration.path(), new, self.configuration.files()).await?;
        let name = tried.subscription.called();
        let Trial { subscription, recognised, preview, warning } = tried;
        let known = "What answers there was not recognised.";
        let recognised = recognised
            .ok_or_else(|| ApiError::because(ReasonCode::NotRecognised, &[], known.to_owned()))?;
        let found = Found { url: subscription.url.into(), recognised, warning };
        Ok(Tried { found, name, preview })
    }

    /// Whether the secrets that a new subscription names as typed were typed for its server, and are no other's.
    fn may_name(&self, new: &AddSubscription) -> Result<(), ApiError> {
        let folder = kept::folder_of(self.configuration.path());
        // What was found is what is followed, also where that is not what was typed.
        let to = typed(new.found.as_ref().map_or(&new.url, |found| &found.url))?.url;
        let to_send = match new.options.get("publish.url") {
            Some(OptionValue::Text(url)) => {
                let option = Some("publish.url".to_owned());
                typed(url).map_err(|error| ApiError { option, ..error })?.url
            }
            _ => to.clone(),
        };
        let own = new.bearer.iter().chain(new.basic.iter().map(|basic| &basic.password));
        let own = own.chain(new.headers.iter().map(|header| &header.value)).map(|it| (it, &to));
        let options = new.options.iter().filter_map(|(name, value)| {
            let to = if name.starts_with("publish.") { &to_send } else { &to };
            let OptionValue::Secret(credential) = value else { return None };
            Some((credential, to))
        });
        for (credential, to) in own.chain(options) {
            if let Credential::Kept(name) = credential {
                self.own.typed.may_go(&folder.join(name), to)?;
            }
        }
        Ok(())
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
    let Typed { url, in_the_clear } = typed(&new.url)?;
    let slow = |slow| refusal(TomlError::Slow { path: path.to_path_buf(), slow }.into());
    let presets = {
        let path = path.to_path_buf();
        files.within(FILE_TIMEOUT, move || Presets::beside(&path).presets).await.map_err(slow)?
    };
    if let Some(feed) = &new.feed {
        presets.feed(feed).map_err(|sentence| {
            ApiError::because(ReasonCode::ValueFeed, &[("text", feed)], sentence)
        })?;
    }
    if let Some(proxy) = &new.proxy {
        settings::read_proxy(proxy).map_err(|wrong| {
            let sentence = format!("{proxy} cannot be the proxy: {wrong}.");
            let option = Some("proxy".to_owned());
            ApiError { option, ..ApiError::because(ReasonCode::ValueProxy, &[], sentence) }
        })?;
    }
    let folder = kept::folder_of(path);
    let credential = |credential| meant(&folder, credential);
    let basic = |basic: hark_api::Basic| {
        Ok::<_, ApiError>(Basic { user: basic.user, password: credential(basic.password)? })
    };
    let headers = new.headers.into_iter();
    let headers = headers.map(|header| Ok::<_, ApiError>((header.name, credential(header.value)?)));
    let name = new.name.filter(|name| !name.trim().is_empty());
    let mut subscription = NewSubscription {
        name,
        bearer: new.bearer.map(credential).transpose()?,
        basic: new.basic.map(basic).transpose()?,
        headers: headers.collect::<Result<_, _>>()?,
        ca: new.ca.map(Into::into),
        proxy: new.proxy,
        paused: new.paused,
        options: options_meant(&folder, new.options)?,
        ..NewSubscription::plain(url.clone(), new.feed.as_deref().unwrap_or(feed::UNKNOWN))
    };
    let one = {
        let (path, new) = (path.to_path_buf(), subscription.clone());
        let draft = move || settings::draft(&path, &new);
        files.within(FILE_TIMEOUT, draft).await.map_err(slow)?.map_err(refusal)?
    };
    let mut answer = Answer::default();
    if let Some(before) = new.found {
        let Typed { url, .. } = typed(&before.url)?;
        (answer.found, answer.warning) = (Some((before.recognised, url)), before.warning);
    } else if new.unchecked {
        answer.found = trial::guessed(&url).filter(|_| new.feed.is_none());
    } else {
        let (feed, asks, reached) = (new.feed.as_deref(), new.asks, new.reached);
        answer = trial::run(Question { one, in_the_clear, feed, asks, reached }, &presets).await?;
    }
    let Answer { found, preview, warning } = answer;
    let (recognised, url) = match found {
        Some((recognised, url)) => (Some(recognised), url),
        None => (None, url),
    };
    subscription.feed = trial::speaks(new.feed, recognised.as_ref());
    trial::takes(&presets, &subscription.feed, &url)?;
    subscription.url = url;
    Ok(Trial { subscription, recognised, preview, warning })
}

/// Reads an address. The sentence may repeat what the person has just typed, but for a password; nothing of it is
/// logged.
pub(super) fn typed(text: &str) -> Result<Typed, ApiError> {
    settings::read_typed(text).map_err(|wrong| ApiError {
        option: Some("url".to_owned()),
        reason: Some(Box::new(of_address(&wrong))),
        ..ApiError::plain(format!("{}: {wrong}", settings::without_password(text)))
    })
}
