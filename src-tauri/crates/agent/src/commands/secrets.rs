//! Secrets that a person types into a form: each goes into a file that only they may read, which goes again unless
//! a subscription names it soon. Nothing here gives one out, and no error repeats one.

use std::{
    path::{Component, Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hark_api::{self as api, ApiError, TypedSecret};
use hark_config::{
    credentials::SECRET_BYTES_MAX,
    kept::{self, Kept},
    settings::{self, Credential, OptionValue, Options, Subscription},
};
use tokio::time::sleep;

use super::Commands;
use crate::configuration::EDIT_TIMEOUT;

/// How long a typed secret waits for the subscription that it is for.
const WAITS: Duration = Duration::from_secs(15 * 60);
/// How many wait at once; one more is the end of the oldest.
const WAITING_MAX: usize = 8;

/// Secrets that were typed, and that no subscription names yet. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Typed(Arc<Mutex<Vec<Kept>>>);

impl Typed {
    fn put(&self, kept: Kept) {
        let path = kept.path().to_path_buf();
        self.with(|all| {
            if all.len() == WAITING_MAX {
                all.remove(0);
            }
            all.push(kept);
        });
        let typed = self.clone();
        tokio::spawn(async move {
            sleep(WAITS).await;
            typed.with(|all| all.retain(|one| one.path() != path));
        });
    }

    /// Keeps those that a subscription names from now on.
    pub(super) fn named_by(&self, one: &Subscription) {
        let files: Vec<&Path> = one.secret_files().collect();
        self.with(|all| {
            let (named, others) = std::mem::take(all)
                .into_iter()
                .partition::<Vec<_>, _>(|kept| files.contains(&kept.path()));
            *all = others;
            named.into_iter().for_each(|kept| drop(kept.keep()));
        });
    }

    /// Whether this is the file of one that waits.
    pub(super) fn has(&self, path: &Path) -> bool {
        self.with(|all| all.iter().any(|kept| kept.path() == path))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Vec<Kept>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Commands {
    /// Keeps a secret that was typed in a file of its own; answers what names it.
    ///
    /// # Errors
    /// Where it is no secret that a header can carry, or the file cannot be written.
    pub async fn keep_secret(&self, typed: TypedSecret) -> Result<api::Credential, ApiError> {
        let secret = typed.reveal().trim();
        if secret.is_empty() || secret.len() > SECRET_BYTES_MAX || secret.contains(char::is_control)
        {
            let most = SECRET_BYTES_MAX >> 10;
            return Err(ApiError::plain(format!(
                "That is no token and no password: it is one line, of {most} KiB at most. Nothing was saved."
            )));
        }
        let url = settings::read_typed(&typed.url).ok();
        let host =
            url.as_ref().and_then(|typed| typed.url.host_str()).unwrap_or("server").to_owned();
        let path = self.configuration.path().to_path_buf();
        let folder = kept::folder_of(&path);
        let failed = |why: String| {
            ApiError::plain(format!(
                "It cannot be kept in {}: {why}. Nothing was saved.",
                folder.display()
            ))
        };
        let files = self.configuration.files();
        let keep = move || kept::keep(&path, &host, typed.reveal().trim());
        let kept = files.within(EDIT_TIMEOUT, keep).await;
        let kept = kept.map_err(|slow| failed(slow.to_string()))?;
        let kept = kept.map_err(|error| failed(error.to_string()))?;
        let credential = told(&folder, &Credential::File(kept.path().to_path_buf()));
        self.own.typed.put(kept);
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
            Err(ApiError::plain("A command can be set in the settings file alone.".into()))
        }
        api::Credential::Kept(name) => {
            let mut parts = Path::new(&name).components();
            match (parts.next(), parts.next()) {
                (Some(Component::Normal(_)), None) => Ok(Credential::File(folder.join(name))),
                _ => Err(ApiError::plain(
                    "That names no secret that Hark keeps. Type it anew.".into(),
                )),
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
    use super::*;

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
        let put = |secret: &str| {
            let kept = kept::keep(&settings, "a.example", secret).unwrap();
            let path = kept.path().to_path_buf();
            typed.put(kept);
            path
        };
        let (named, other) = (put("one"), put("two"));
        let mut one = Subscription::plain("https://a.example/".parse().unwrap(), "json");
        one.bearer = Some(Credential::File(named.clone()));
        typed.named_by(&one);
        assert!(named.exists() && other.exists());
        sleep(WAITS + Duration::from_secs(1)).await;
        assert!(named.exists() && !other.exists());
        let first = put("3");
        (0..WAITING_MAX).for_each(|_| drop(put("4")));
        assert!(!first.exists());
        drop(typed);
    }
}
