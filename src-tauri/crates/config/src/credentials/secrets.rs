//! Reads credentials where the settings say they are, at the moment of a dial. They are held no longer than
//! the dial, except for a command's output, which is held until a server refuses it. No error and no log
//! shows one.

use std::{
    env,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use base64::prelude::{BASE64_STANDARD, Engine};
use hark_engine::failure::Cause;
use hark_local::file;
use hark_platform::{
    aside::{Aside, FILE_TIMEOUT},
    child::Whole,
};
use hark_stream::connection::is_loopback;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use tokio::{io::AsyncReadExt, process::Command, time::timeout};

use crate::settings::{Basic, Credential, Subscription};

/// The longest token. Bytes.
pub const SECRET_BYTES_MAX: usize = 64 << 10;
/// How long a command may take to print a token.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(20);

/// What commands printed, for one subscription.
#[derive(Clone, Default)]
pub struct Printed(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    /// Each command's words, and what it printed.
    secrets: Vec<(Vec<String>, String)>,
    /// Whether a server has taken them.
    taken: bool,
}

impl Printed {
    /// The server took them.
    pub fn taken(&self) {
        self.lock().taken = true;
    }

    /// The server refused: what was printed is asked for again. Answers whether it was good before,
    /// and so has probably expired.
    #[must_use]
    pub fn forget(&self) -> bool {
        let Kept { secrets, taken } = std::mem::take(&mut *self.lock());
        taken && !secrets.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, words: &[String]) -> Option<String> {
        self.lock()
            .secrets
            .iter()
            .find(|(known, _)| known == words)
            .map(|(_, secret)| secret.clone())
    }

    fn put(&self, words: &[String], secret: &str) {
        self.lock().secrets.push((words.to_vec(), secret.to_owned()));
    }
}

/// How credentials are read.
#[derive(Clone, Default)]
pub struct How {
    pub printed: Printed,
    /// Reads files.
    pub aside: Aside,
    /// Whether a person waits for this process, and may interrupt it.
    pub is_attended: bool,
}

/// The headers that a subscription's credentials make.
///
/// # Errors
/// [`Cause::Credential`], which names the place and never the secret.
pub async fn headers(subscription: &Subscription, how: &How) -> Result<HeaderMap, Cause> {
    let mut headers = HeaderMap::new();
    let in_the_clear = subscription.url.scheme() == "http" && !is_loopback(&subscription.url);
    if subscription.has_credential() && in_the_clear && !subscription.cleartext_credentials {
        return Err(wrong(
            "it would be sent unencrypted to another host; use https, or set \
             cleartext_credentials = true"
                .into(),
        ));
    }
    if let Some(token) = &subscription.bearer {
        let secret = read(token, how).await?;
        headers.insert(header::AUTHORIZATION, value(&format!("Bearer {secret}"), token)?);
    }
    if let Some(Basic { user, password }) = &subscription.basic {
        let pair = format!("{user}:{}", read(password, how).await?);
        let encoded = BASE64_STANDARD.encode(pair);
        headers.insert(header::AUTHORIZATION, value(&format!("Basic {encoded}"), password)?);
    }
    for (name, credential) in &subscription.headers {
        let header = HeaderName::try_from(name)
            .map_err(|_| wrong(format!("{name:?} is no name of a header")))?;
        headers.insert(header, value(&read(credential, how).await?, credential)?);
    }
    Ok(headers)
}

async fn read(credential: &Credential, how: &How) -> Result<String, Cause> {
    let How { printed, aside, is_attended } = how;
    let secret = match credential {
        Credential::Env(name) => {
            env::var(name).map_err(|_| wrong(format!("{credential} is not set for the agent")))?
        }
        Credential::File(path) => {
            let path = path.clone();
            let read = aside.within(FILE_TIMEOUT, move || secret_in(&path)).await;
            let read = read.unwrap_or_else(|slow| Err(slow.to_string()));
            read.map_err(|why| wrong(format!("{credential}: {why}")))?
        }
        Credential::Command(words) => match printed.get(words) {
            Some(secret) => secret,
            None => {
                let secret = run(words, credential, *is_attended).await?;
                printed.put(words, &secret);
                secret
            }
        },
    };
    let secret = secret.trim();
    if secret.is_empty() {
        return Err(wrong(format!("{credential} is empty")));
    }
    Ok(secret.to_owned())
}

/// The content of a file that only its owner may read; else why it is not taken, worded to follow the
/// file's name.
fn secret_in(path: &Path) -> Result<String, String> {
    let (file, found) = file::open(path).map_err(|error| error.to_string())?;
    if !file::is_private(&file).map_err(|error| error.to_string())? {
        return Err(format!("it may be read by others; {}", file::how_to_make_private(path)));
    }
    let bytes = file::read_opened(file, &found, SECRET_BYTES_MAX as u64);
    let bytes = bytes.map_err(|error| format!("{error}, and so no secret"))?;
    String::from_utf8(bytes).map_err(|_| "it holds no text".to_owned())
}

/// Runs the command, without a shell, and takes what it prints. One that takes too long, or that the dial no longer
/// waits for, ends with all that it has started; see [`Whole`] for one that a person waits for.
async fn run(
    words: &[String],
    credential: &Credential,
    is_attended: bool,
) -> Result<String, Cause> {
    let [program, arguments @ ..] = words else {
        return Err(wrong("the command is empty".into()));
    };
    let mut command = Command::new(program);
    command.args(arguments);
    let failed = |error: std::io::Error| wrong(format!("{credential}: {error}"));
    let run = async {
        let begin = if is_attended { Whole::beside } else { Whole::begin };
        let mut begun = begin(command).map_err(failed)?;
        let mut printed = Vec::new();
        if let Some(out) = begun.output() {
            out.take(SECRET_BYTES_MAX as u64 + 1)
                .read_to_end(&mut printed)
                .await
                .map_err(failed)?;
        }
        if printed.len() > SECRET_BYTES_MAX {
            return Err(wrong(format!("{credential} printed too much for a secret")));
        }
        Ok((printed, begun.end().await.map_err(failed)?))
    };
    let (printed, status) = timeout(COMMAND_TIMEOUT, run).await.unwrap_or_else(|_| {
        let seconds = COMMAND_TIMEOUT.as_secs();
        Err(wrong(format!("{credential} did not end within {seconds} seconds")))
    })?;
    if !status.success() {
        return Err(wrong(format!("{credential} failed ({status})")));
    }
    String::from_utf8(printed).map_err(|_| wrong(format!("{credential} printed no text")))
}

fn value(text: &str, credential: &Credential) -> Result<HeaderValue, Cause> {
    let mut value = HeaderValue::try_from(text)
        .map_err(|_| wrong(format!("{credential} holds characters that no header can carry")))?;
    value.set_sensitive(true);
    Ok(value)
}

fn wrong(detail: String) -> Cause {
    Cause::Credential { detail: detail.into() }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn subscription(url: &str) -> (tempfile::TempDir, Subscription) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        file::create_private(&path).unwrap().write_all(b"s3cret\n").unwrap();
        let mut subscription = Subscription::plain(url.parse().unwrap(), "json");
        subscription.bearer = Some(Credential::File(path));
        (folder, subscription)
    }

    async fn headers_of(subscription: &Subscription) -> Result<HeaderMap, Cause> {
        headers(subscription, &How::default()).await
    }

    async fn detail(subscription: &Subscription) -> String {
        match headers_of(subscription).await {
            Err(Cause::Credential { detail }) => detail.to_string(),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_token_in_a_file_becomes_a_header_that_no_debug_output_shows() {
        let (_folder, subscription) = subscription("https://a.example/");
        let headers = headers_of(&subscription).await.unwrap();
        assert_eq!(headers["authorization"], "Bearer s3cret");
        assert!(!format!("{headers:?}").contains("s3cret"));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_file_that_others_may_read_is_refused() {
        let (folder, subscription) = subscription("https://a.example/");
        let path = folder.path().join("token");
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644))
            .unwrap();
        assert!(detail(&subscription).await.contains("may be read by others"));
        std::fs::remove_file(path).unwrap();
        assert!(detail(&subscription).await.contains("No such file"));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_file_that_is_none_is_named_and_not_waited_for() {
        let (folder, mut subscription) = subscription("https://a.example/");
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        subscription.bearer = Some(Credential::File(pipe));
        assert!(detail(&subscription).await.ends_with("pipe: it is a named pipe, not a file"));
    }

    #[tokio::test]
    async fn credentials_go_unencrypted_to_this_machine_alone_unless_the_person_says_so() {
        let (_kept, here) = subscription("http://127.0.0.1:8080/");
        assert!(headers_of(&here).await.is_ok());
        let (_kept, mut other) = subscription("http://192.168.1.2/");
        assert!(detail(&other).await.contains("cleartext_credentials = true"));
        other.cleartext_credentials = true;
        assert!(headers_of(&other).await.is_ok());
    }

    #[tokio::test]
    async fn a_name_and_password_are_sent_as_basic() {
        let (_folder, mut subscription) = subscription("https://a.example/");
        let password = subscription.bearer.take().unwrap();
        subscription.basic = Some(Basic { user: "me".into(), password });
        let headers = headers_of(&subscription).await.unwrap();
        assert_eq!(headers["authorization"], "Basic bWU6czNjcmV0");
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_command_that_is_not_waited_for_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let note = folder.path().join("note");
        let script = format!("sleep 300 & echo $! > {}; wait", note.display());
        let mut subscription = Subscription::plain("https://a.example/".parse().unwrap(), "json");
        let words = ["sh", "-c", &script].map(str::to_owned).to_vec();
        subscription.bearer = Some(Credential::Command(words));
        let noted = async {
            loop {
                match std::fs::read_to_string(&note) {
                    Ok(text) if text.ends_with('\n') => break text.trim().to_owned(),
                    _ => tokio::time::sleep(Duration::from_millis(10)).await,
                }
            }
        };
        let pid = tokio::select! {
            made = headers_of(&subscription) => panic!("{made:?}"),
            pid = noted => pid,
        };
        let is_there = || {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
            stat.is_ok_and(|stat| !stat.contains(") Z "))
        };
        for _ in 0..500 {
            if !is_there() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{pid} is left");
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_command_is_in_the_group_of_a_process_that_a_person_waits_for_alone() {
        let own = std::fs::read_to_string("/proc/self/stat").unwrap();
        let own = own.rsplit_once(") ").unwrap().1.split(' ').nth(2).unwrap().to_owned();
        let mut subscription = Subscription::plain("https://a.example/".parse().unwrap(), "json");
        let words = ["sh", "-c", "cut -d' ' -f5 /proc/$$/stat"].map(str::to_owned).to_vec();
        subscription.bearer = Some(Credential::Command(words));
        for is_attended in [true, false] {
            let how = How { is_attended, ..How::default() };
            let headers = headers(&subscription, &how).await.unwrap();
            let is_same = headers["authorization"] == *format!("Bearer {own}");
            assert_eq!(is_same, is_attended);
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_command_is_asked_once_and_again_when_what_it_printed_was_refused() {
        let folder = tempfile::tempdir().unwrap();
        let count = folder.path().join("count");
        let script = format!("echo x >> {0}; wc -l < {0}", count.display());
        let words = ["sh", "-c", &script].map(str::to_owned).to_vec();
        let mut subscription = Subscription::plain("https://a.example/".parse().unwrap(), "json");
        subscription.bearer = Some(Credential::Command(words));
        let how = How::default();
        let printed = &how.printed;
        let token = async || headers(&subscription, &how).await.unwrap()["authorization"].clone();
        assert_eq!(token().await, "Bearer 1");
        printed.taken();
        assert_eq!(token().await, "Bearer 1");
        assert!(printed.forget(), "it was good before");
        assert_eq!(token().await, "Bearer 2");
        assert!(!printed.forget(), "one that was never good is no reason to dial at once");
        subscription.bearer = Some(Credential::Command(vec!["false".into()]));
        assert!(detail(&subscription).await.contains("the command \"false\" failed"));
        subscription.bearer = Some(Credential::Command(vec!["yes".into()]));
        assert!(detail(&subscription).await.contains("printed too much"));
    }
}
