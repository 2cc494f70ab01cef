//! Secrets that a person types into a form: each goes into a file that only they may read, which goes again unless
//! a subscription names it soon, and is for the server alone for which it was typed. Nothing here gives one out, and
//! no error repeats one.

use std::{
    collections::VecDeque,
    path::{Component, Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hark_api::{self as api, ApiError, ReasonCode as Code, TypedSecret};
use hark_config::{
    credentials::SECRET_BYTES_MAX,
    kept::{self, Kept},
    settings::{Credential, OptionValue, Options, Subscription},
};
use tokio::time::{Instant, sleep_until};
use url::{Origin, Url};

use super::{Commands, add::typed};
use crate::configuration::EDIT_TIMEOUT;

/// How long a typed secret waits for the subscription that it is for, from when it was last used.
const WAITS: Duration = Duration::from_secs(15 * 60);
/// How many wait at once; one more is the end of the oldest.
const WAITING_MAX: usize = 8;
/// What is said of a typed secret that is not there.
const GONE: &str =
    "What was typed here is kept for 15 minutes until it is saved, and is gone: type it once more.";

/// Secrets that were typed, and that no subscription names yet. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Typed(Arc<Mutex<Held>>);

#[derive(Debug, Default)]
struct Held {
    /// The one that ends first is in front.
    all: VecDeque<One>,
    /// Whether a task waits for the end of the first.
    is_timed: bool,
}

#[derive(Debug)]
struct One {
    kept: Kept,
    /// The server that it was typed for.
    origin: Origin,
    /// When it goes.
    ends: Instant,
}

impl Typed {
    fn put(&self, kept: Kept, origin: Origin) {
        let is_timed = self.with(|held| {
            while held.all.len() >= WAITING_MAX {
                held.all.pop_front();
            }
            held.all.push_back(One { kept, origin, ends: Instant::now() + WAITS });
            std::mem::replace(&mut held.is_timed, true)
        });
        if !is_timed {
            tokio::spawn(self.clone().keep_time());
        }
    }

    /// Ends each when it is due, and itself when none is left.
    async fn keep_time(self) {
        let next = |held: &mut Held| {
            let now = Instant::now();
            while held.all.front().is_some_and(|first| first.ends <= now) {
                held.all.pop_front();
            }
            held.is_timed = !held.all.is_empty();
            held.all.front().map(|first| first.ends)
        };
        while let Some(at) = self.with(next) {
            sleep_until(at).await;
        }
    }

    /// Keeps those that a subscription names from now on.
    pub(super) fn named_by(&self, one: &Subscription) {
        let files: Vec<&Path> = one.secret_files().collect();
        self.with(|held| {
            let (named, others) = std::mem::take(&mut held.all)
                .into_iter()
                .partition::<VecDeque<_>, _>(|one| files.contains(&one.kept.path()));
            held.all = others;
            named.into_iter().for_each(|one| drop(one.kept.keep()));
        });
    }

    /// Whether this is the file of one that waits.
    pub(super) fn has(&self, path: &Path) -> bool {
        self.with(|held| held.all.iter().any(|one| one.kept.path() == path))
    }

    /// Whether what was typed may be sent to this URL; its time begins anew then.
    ///
    /// # Errors
    /// Where it is gone, or was typed for another server.
    pub(super) fn may_go(&self, path: &Path, to: &Url) -> Result<(), ApiError> {
        self.with(|held| {
            let at = held.all.iter().position(|one| one.kept.path() == path);
            let Some(one) = at.and_then(|at| held.all.remove(at)) else {
                return Err(ApiError::because(Code::SecretGone, &[], GONE.to_owned()));
            };
            let is_for = one.origin.clone();
            held.all.push_back(One { ends: Instant::now() + WAITS, ..one });
            if is_for == to.origin() {
                return Ok(());
            }
            let (typed, to) = (is_for.ascii_serialization(), to.origin().ascii_serialization());
            let values: &[(_, &dyn ToString)] = &[("typed", &typed), ("to", &to)];
            let sentence = format!(
                "What was typed is for {typed}, and is not sent to {to}: type the one for {to}."
            );
            Err(ApiError::because(Code::SecretElsewhere, values, sentence))
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut Held) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Commands {
    /// Keeps a secret that was typed in a file of its own; answers what names it.
    ///
    /// # Errors
    /// Where it is no secret that a header can carry, the address that it is for cannot be read, or the file cannot be
    /// written.
    pub async fn keep_secret(&self, secret: TypedSecret) -> Result<api::Credential, ApiError> {
        let text = secret.reveal().trim();
        if text.is_empty() || text.len() > SECRET_BYTES_MAX || text.contains(char::is_control) {
            let most = SECRET_BYTES_MAX >> 10;
            let sentence = format!(
                "That is no token and no password: it is one line, of {most} KiB at most. Nothing was saved."
            );
            return Err(ApiError::because(Code::SecretUnfit, &[("most", &most)], sentence));
        }
        // It may be that of another field than the address.
        let url = typed(&secret.url).map_err(|error| ApiError { option: None, ..error })?.url;
        let host = url.host_str().unwrap_or("server").to_owned();
        let path = self.configuration.path().to_path_buf();
        let folder = kept::folder_of(&path);
        let failed = |why: String| {
            let folder = folder.display();
            let sentence = format!("It cannot be kept in {folder}: {why}. Nothing was saved.");
            let values: &[(_, &dyn ToString)] = &[("folder", &folder), ("message", &why)];
            ApiError::because(Code::SecretUnkept, values, sentence)
        };
        let files = self.configuration.files();
        let keep = move || kept::keep(&path, &host, secret.reveal().trim());
        let kept = files.within(EDIT_TIMEOUT, keep).await;
        let kept = kept.map_err(|slow| failed(slow.to_string()))?;
        let kept = kept.map_err(|error| failed(error.to_string()))?;
        let credential = told(&folder, &Credential::File(kept.path().to_path_buf()));
        self.own.typed.put(kept, url.origin());
        Ok(credential)
    }
}

/// Where a secret is, as clients are told it, where Hark keeps typed ones in this folder.
fn told(folder: &Path, credential: &Credential) -> api::Credential {
    match credential {
        Credential::Env(name) => api::Credential::Env(name.clone()),
        Credential::File(path) => match (path.parent() == Some(folder), path.file_name()) {
            (true, Some(name)) => api::Credential::Kept(name.to_string_lossy().into_owned()),
            _ => api::Credential::File(path.display().to_string()),
        },
        Credential::Command(words) => {
            api::Credential::Command(words.first().cloned().unwrap_or_default())
        }
    }
}

/// Where a secret is, as a client says it.
pub(super) fn meant(folder: &Path, credential: api::Credential) -> Result<Credential, ApiError> {
    match credential {
        api::Credential::Env(name) => Ok(Credential::Env(name)),
        api::Credential::File(path) => Ok(Credential::File(PathBuf::from(path))),
        api::Credential::Command(_) => {
            let sentence = "A command can be set in the settings file alone.".to_owned();
            Err(ApiError::because(Code::SecretCommand, &[], sentence))
        }
        api::Credential::Kept(name) => {
            let mut parts = Path::new(&name).components();
            match (parts.next(), parts.next()) {
                (Some(Component::Normal(_)), None) => Ok(Credential::File(folder.join(name))),
                _ => {
                    let sentence = "That names no secret that Hark keeps. Type it anew.".to_owned();
                    Err(ApiError::because(Code::SecretGone, &[], sentence))
                }
            }
        }
    }
}

/// Options as clients are told them.
pub(super) fn options_told(folder: &Path, options: Options) -> api::Options {
    let value = |value| match value {
        OptionValue::Flag(holds) => api::OptionValue::Flag(holds),
        OptionValue::Number(count) => api::OptionValue::Number(count),
        OptionValue::Text(text) => api::OptionValue::Text(text),
        OptionValue::Texts(all) => api::OptionValue::Texts(all),
        OptionValue::Secret(credential) => api::OptionValue::Secret(told(folder, &credential)),
    };
    options.into_iter().map(|(name, one)| (name, value(one))).collect()
}

/// Options as a client says them.
pub(super) fn options_meant(folder: &Path, options: api::Options) -> Result<Options, ApiError> {
    let value = |value| {
        Ok(match value {
            api::OptionValue::Flag(holds) => OptionValue::Flag(holds),
            api::OptionValue::Number(count) => OptionValue::Number(count),
            api::OptionValue::Text(text) => OptionValue::Text(text),
            api::OptionValue::Texts(all) => OptionValue::Texts(all),
            // That of the file, which stays as it is; another one is refused where it would be written.
            api::OptionValue::Secret(api::Credential::Command(program)) => {
                OptionValue::Secret(Credential::Command(vec![program]))
            }
            api::OptionValue::Secret(credential) => OptionValue::Secret(meant(folder, credential)?),
        })
    };
    options.into_iter().map(|(name, one)| Ok((name, value(one)?))).collect()
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_kept_one_is_named_by_its_file_alone_and_names_no_other_place() {
        let folder = Path::new("/c/tokens");
        for (there, said) in [
            (
                Credential::File("/c/tokens/a.example".into()),
                api::Credential::Kept("a.example".into()),
            ),
            (
                Credential::File("/c/tokens/x/y".into()),
                api::Credential::File("/c/tokens/x/y".into()),
            ),
            (Credential::Env("A".into()), api::Credential::Env("A".into())),
        ] {
            assert_eq!(told(folder, &there), said);
            assert_eq!(meant(folder, said).unwrap(), there);
        }
        let command = Credential::Command(vec!["pass".into(), "s3cret".into()]);
        assert_eq!(told(folder, &command), api::Credential::Command("pass".into()));
        for other in ["", "..", "../x", "a/b", "/etc/passwd", "."] {
            assert!(meant(folder, api::Credential::Kept(other.into())).is_err(), "{other}");
        }
        assert!(meant(folder, api::Credential::Command("pass".into())).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_no_subscription_names_goes_again() {
        let folder = tempfile::tempdir().unwrap();
        let settings = folder.path().join("config.toml");
        let typed = Typed::default();
        let url: Url = "https://a.example/x".parse().unwrap();
        let put = |secret: &str| {
            let kept = kept::keep(&settings, "a.example", secret).unwrap();
            let path = kept.path().to_path_buf();
            typed.put(kept, url.origin());
            path
        };
        let (named, other) = (put("one"), put("two"));
        let mut one = Subscription::plain("https://a.example/".parse().unwrap(), "json");
        one.bearer = Some(Credential::File(named.clone()));
        typed.named_by(&one);
        assert!(named.exists() && other.exists());
        sleep(WAITS / 2).await;
        // A check, also one that is refused, gives it its time anew.
        typed.may_go(&other, &url).unwrap();
        sleep(WAITS - SECOND).await;
        assert!(named.exists() && other.exists());
        let elsewhere = "http://a.example/x".parse().unwrap();
        let refused = typed.may_go(&other, &elsewhere).unwrap_err();
        assert!(refused.sentence.contains("is for https://a.example,"), "{refused}");
        sleep(WAITS - SECOND).await;
        assert!(other.exists());
        sleep(SECOND * 2).await;
        assert!(named.exists() && !other.exists());
        assert_eq!(typed.may_go(&other, &url).unwrap_err().sentence, GONE);
        let first = put("3");
        let later: Vec<_> = (0..WAITING_MAX).map(|_| put("4")).collect();
        assert!(!first.exists() && later.iter().all(|one| one.exists()));
        sleep(WAITS + SECOND).await;
        assert!(later.iter().all(|one| !one.exists()));
    }
}
