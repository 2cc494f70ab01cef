//! Commands that work in this process: the agent itself, `listen`, `demo`, and starting others.

use std::{
    env, fs, io,
    process::{Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use hark_agent::{
    agent::{self, AgentError, Options},
    demo::Demo,
    listen::{self, Format, Listen},
    opener,
    presets::Presets,
    settings::{Subscription, read_event_max, read_retry, read_url, span},
    signals::{self, SIGINT, SIGTERM},
    sse::Ask,
};
use hark_api::{
    client::Client,
    profile::{self, Profile},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use tokio::sync::mpsc;

use crate::{
    Done, Failed,
    arguments::{AgentOptions, ListenOptions},
    out,
};

/// How long an agent may take to start before `open` goes on without it.
const START_TIMEOUT: Duration = Duration::from_secs(10);

/// What `open` says where no window can be shown.
const NO_DISPLAY: &str = "There is no display here to open Hark's window on (neither DISPLAY nor \
                          WAYLAND_DISPLAY is set). In the terminal, use: hark status, hark messages";

pub async fn agent(profile: Profile, options: AgentOptions) -> Result<ExitCode, Failed> {
    if options.detached {
        // Fails only where it leads a session already, which is as good.
        let _ = rustix::process::setsid();
    }
    let started = Options { profile, tray: !options.no_tray, demo: options.demo };
    match agent::run(started).await {
        Err(AgentError::Running) => {
            out::line("An agent is running already. See it with: hark status")?;
            Ok(ExitCode::SUCCESS)
        }
        outcome => Ok(ExitCode::from(outcome?.code())),
    }
}

pub async fn open(profile: &Profile) -> Done {
    // First of all, so that no agent is started for nothing. The window would end in silence.
    let shows = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    if !shows("WAYLAND_DISPLAY") && !shows("DISPLAY") {
        return Err(Failed(NO_DISPLAY.to_owned()));
    }
    let client = Client::new(&profile.socket());
    if !client.is_running().await {
        start_agent(profile)?;
        let deadline = Instant::now() + START_TIMEOUT;
        while !client.is_running().await {
            if Instant::now() > deadline {
                return Err(Failed(format!(
                    "The agent did not start within {} seconds. Run it in the terminal to see why: hark agent",
                    START_TIMEOUT.as_secs()
                )));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    Ok(opener::window(profile)?)
}

/// Starts an agent that outlives this terminal.
fn start_agent(profile: &Profile) -> Done {
    let mut command = Command::new(env::current_exe()?);
    command.args(["agent", "--detached"]);
    if let Some(folder) = &profile.chosen {
        command.env(profile::ENV, folder);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    Ok(())
}

pub async fn demo(port: u16) -> Done {
    let demo = Demo::bind(port).await.map_err(|error| {
        Failed(format!("Port {port} of this computer cannot be used: {error}. Choose another."))
    })?;
    out::line(demo.url())?;
    out::line(format_args!("Publish with: curl -d 'text' {}", demo.url()))?;
    let mut ended = signals::hear(&[SIGTERM, SIGINT])?;
    tokio::select! {
        served = demo.serve() => Ok(served?),
        _ = ended.recv() => Ok(()),
    }
}

pub async fn listen(profile: &Profile, options: ListenOptions) -> Done {
    let mut ask = ask(&options.url, &options.method, &options.headers, options.data)?;
    let presets = Presets::beside(&profile.settings()).presets;
    presets.feed(&options.feed).map_err(Failed)?;
    let mut subscription = Subscription::plain(ask.url.clone(), &options.feed);
    subscription.mapping = presets.get(&options.feed).cloned();
    subscription.heartbeat =
        options.heartbeat.as_deref().map(span::read).transpose().map_err(Failed)?;
    subscription.retry = options.retry.as_deref().map(read_retry).transpose().map_err(Failed)?;
    subscription.event_max =
        options.event_max.as_deref().map(read_event_max).transpose().map_err(Failed)?;
    ask.limits = subscription.limits();
    let format = match (options.raw, options.json) {
        (true, _) => Format::Raw,
        (_, true) => Format::Json,
        _ => Format::Lines,
    };
    let last_event_id = options.last_event_id.map(event_id).transpose()?;
    // Dropping the sender would end it; it ends by a refusal or a signal.
    let (_commands, receiver) = mpsc::channel(1);
    let listening =
        listen::listen(Listen { ask, subscription, last_event_id, format }, io::stdout(), receiver);
    let mut ended = signals::hear(&[SIGTERM, SIGINT])?;
    tokio::select! {
        outcome = listening => outcome.map_err(Failed),
        _ = ended.recv() => Ok(()),
    }
}

/// What to ask, as the command line says it.
pub fn ask(url: &str, method: &str, given: &[String], data: Option<String>) -> Result<Ask, Failed> {
    let url = read_url(url).map_err(|wrong| Failed(format!("{url}: {wrong}")))?;
    let method = Method::from_bytes(method.as_bytes())
        .map_err(|_| Failed(format!("{method:?} is no HTTP method.")))?;
    let mut ask = Ask { method, headers: headers(given)?, ..Ask::get(url) };
    ask.body = data.unwrap_or_default().into();
    Ok(ask)
}

/// An id that can be sent as a header's value.
fn event_id(id: String) -> Result<String, Failed> {
    if id.chars().any(char::is_control) {
        return Err(Failed(format!(
            "The event id {id:?} cannot be sent: it holds a line feed or another control character."
        )));
    }
    Ok(id)
}

/// Headers as given: `Name: value`, or `@FILE` with one a line.
fn headers(given: &[String]) -> Result<HeaderMap, Failed> {
    let mut headers = HeaderMap::new();
    for one in given {
        let lines = match one.strip_prefix('@') {
            Some(path) => fs::read_to_string(path).map_err(|error| {
                Failed(format!("The file {path} with headers cannot be read: {error}."))
            })?,
            None => one.clone(),
        };
        for line in lines.lines().filter(|line| !line.trim().is_empty()) {
            let (name, value) = header(line)?;
            if !one.starts_with('@') && is_secret(&name) {
                // Others on this computer can read it in the list of processes.
                out::note(format_args!(
                    "hark: {name} on the command line can be read by others; use -H @FILE."
                ));
            }
            headers.append(name, value);
        }
    }
    Ok(headers)
}

fn header(line: &str) -> Result<(HeaderName, HeaderValue), Failed> {
    let name = line.split(':').next().unwrap_or_default().trim();
    // The value is not repeated: it may be a secret.
    let wrong =
        || Failed(format!("The header {name:?} cannot be sent; write it as 'Name: value'."));
    let (_, value) = line.split_once(':').ok_or_else(wrong)?;
    let header = HeaderName::try_from(name).map_err(|_| wrong())?;
    Ok((header, HeaderValue::try_from(value.trim()).map_err(|_| wrong())?))
}

fn is_secret(name: &HeaderName) -> bool {
    let name = name.as_str();
    ["authorization", "cookie", "proxy-authorization"].contains(&name)
        || ["token", "key", "secret"].iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_a_name_a_colon_and_a_value() {
        let (name, value) = header("X-A:  b:c ").ok().unwrap();
        assert_eq!((name.as_str(), value.to_str().unwrap()), ("x-a", "b:c"));
        for wrong in ["X-A", "X A: b", ": b", "X: a\u{1}b"] {
            let Err(Failed(sentence)) = header(wrong) else { panic!("{wrong}") };
            assert!(sentence.contains("'Name: value'"), "{sentence}");
        }
    }

    #[test]
    fn an_event_id_with_a_control_character_is_refused() {
        assert_eq!(event_id("é 7".into()).ok().unwrap(), "é 7");
        for wrong in ["a\nb", "\r", "\0", "\u{7f}"] {
            let Err(Failed(sentence)) = event_id(wrong.into()) else { panic!("{wrong:?}") };
            assert!(sentence.contains("control character"), "{sentence}");
        }
    }

    #[test]
    fn headers_that_hold_credentials_are_known_by_their_names() {
        for (name, secret) in
            [("authorization", true), ("x-api-key", true), ("accept-language", false)]
        {
            assert_eq!(is_secret(&HeaderName::from_static(name)), secret, "{name}");
        }
    }
}
