//! `hark listen`: URLs followed in the terminal, without an agent. Each has a link and a driver of its own.

mod common;
mod exec;
mod known;
mod progress;
mod state;
mod terminal;

use std::{
    io::{self, Stdout},
    process::ExitCode,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use hark_config::{
    presets::Presets,
    settings::{Subscription, read_event_max, read_retry, span},
};
use hark_engine::feed;
use hark_local::profile::Profile;
use hark_platform::{
    clock,
    signals::{self, Signal},
    terminal::unread,
};
use hark_stream::connection::Ask;
use sha2::{Digest, Sha256};
use tokio::{
    sync::{Notify, mpsc, watch},
    time::sleep,
};
use url::Url;

use super::request::{ask, check_headers, event_id, method, subscription};
use crate::{Done, Failed, arguments::ListenOptions, out};
use common::{Common, Ends, Format, Over, Source};
use exec::{Queue, Works};
use progress::{Progress, Saved};
use state::State;
use terminal::Listen;

/// How many URLs one process follows.
const URLS_MAX: usize = 32;
/// The exit code where the command line is wrong, as clap has it.
const MISUSED: u8 = 2;
/// The exit code where the time of `--timeout` was over, as `timeout` of the coreutils has it.
pub const TIMED_OUT: u8 = 124;

type Shared = Arc<Mutex<Common<Stdout>>>;

pub async fn listen(profile: &Profile, options: ListenOptions) -> Result<ExitCode, Failed> {
    if let Err(Failed(sentence)) = check(profile, &options) {
        out::note(format_args!("hark: {sentence}"));
        return Ok(ExitCode::from(MISUSED));
    }
    let exec_timeout = options.exec_timeout.unwrap_or(exec::TIMEOUT);
    if let Some(program) = options.command.first() {
        exec::check(program)?;
    }
    let asks = asks(&options).await?;
    let mut state = options.state.as_deref().map(State::open).transpose()?;
    let (sources, listens) = sources(profile, &options, asks, state.as_mut())?;
    let (stop, stopped) = watch::channel(false);
    let (queue, works) = match options.exec {
        true => Some(Queue::new(stopped)).unzip(),
        false => (None, None),
    };
    let format = match (options.raw, options.json) {
        (true, _) => Format::Raw,
        (_, true) => Format::Json,
        _ => Format::Lines,
    };
    let ended = Arc::new(Notify::new());
    let mut common = Common {
        out: io::stdout(),
        format,
        only_new: options.new,
        ends: Ends { count: options.count, until: options.until.clone() },
        sources,
        queue,
        state,
        unsaved: false,
        over: None,
        ended: ended.clone(),
    };
    common.save();
    if common.unsaved {
        return Err(Failed("Without its state it does not begin.".to_owned()));
    }
    let common: Shared = Arc::new(Mutex::new(common));
    let mut signals = signals::hear(&[Signal::Terminate, Signal::Interrupt])?;
    let mut signal = async || {
        // Without the thread that hears them, it ends by the signal itself.
        if signals.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    };
    let runs = tokio::spawn(run_all(options.command, exec_timeout, works, common.clone()));
    let why = tokio::select! {
        biased;
        () = signal() => Why::Signal,
        why = follow(listens, &common, &ended) => why,
        () = over(options.timeout) => Why::TimedOut,
        () = nobody_reads(options.exec) => Why::Over,
    };
    finish(why, &common, &stop, runs, signal()).await
}

/// Why the following has ended.
enum Why {
    Signal,
    TimedOut,
    /// See [`Common::over`].
    Over,
    /// All servers refuse.
    Refused(Vec<String>),
}

async fn over(time: Option<Duration>) {
    match time {
        Some(time) => sleep(time).await,
        None => std::future::pending().await,
    }
}

/// Is done once nobody reads what it prints; never where a command is run for it.
async fn nobody_reads(exec: bool) {
    if exec {
        std::future::pending::<()>().await;
    }
    unread().await;
}

/// Follows all, until it is over or none is left.
async fn follow(listens: Vec<Listen>, common: &Shared, ended: &Notify) -> Why {
    // Dropping a sender would end that driver.
    let (_commands, receivers): (Vec<_>, Vec<_>) = listens.iter().map(|_| mpsc::channel(1)).unzip();
    let mut drivers: FuturesUnordered<_> = listens
        .into_iter()
        .zip(receivers)
        .map(|(listen, receiver)| terminal::listen(listen, common.clone(), receiver))
        .collect();
    let mut refusals: Vec<String> = Vec::new();
    loop {
        tokio::select! {
            () = ended.notified() => return Why::Over,
            driver = drivers.next() => match driver {
                // The last one's sentence is what the command ends with.
                Some(Err(sentence)) => {
                    if !drivers.is_empty() {
                        out::note(format_args!("{sentence} The others are followed on."));
                    }
                    refusals.push(sentence);
                }
                Some(Ok(())) => {}
                None if lock(common).over.is_some() => return Why::Over,
                None => return Why::Refused(refusals),
            },
        }
    }
}

/// Runs the command for what waits, where there is one; answers how many are left.
async fn run_all(
    words: Vec<std::ffi::OsString>,
    timeout: Duration,
    works: Option<Works>,
    common: Shared,
) -> u64 {
    let Some(works) = works else { return 0 };
    let done = |number, ticket| lock(&common).done(number, ticket);
    let failed = |sentence| lock(&common).not_started(sentence);
    exec::run_all(&words, timeout, works, done, failed).await
}

/// Waits for the command: for all that waits where it has ended by itself, else for the one that runs, and not for
/// long.
async fn finish(
    why: Why,
    common: &Shared,
    stop: &watch::Sender<bool>,
    runs: tokio::task::JoinHandle<u64>,
    signal: impl Future<Output = ()>,
) -> Result<ExitCode, Failed> {
    // What is left out is told by dropping it.
    drop(lock(common).queue.take());
    if matches!(why, Why::Signal | Why::TimedOut) {
        stop.send_replace(true);
    }
    let mut runs = std::pin::pin!(runs);
    let left = tokio::select! {
        left = &mut runs => left,
        () = signal => {
            stop.send_replace(true);
            runs.await
        }
    };
    match left.unwrap_or_default() {
        0 => {}
        1 => out::note("1 message waited for the command, which was not run for it."),
        left => out::note(format_args!(
            "{left} messages waited for the command, which was not run for them."
        )),
    }
    let mut common = lock(common);
    common.save();
    match (why, common.over.take()) {
        (_, Some(Over::Unwritten(sentence) | Over::NotStarted(sentence))) => Err(Failed(sentence)),
        (Why::TimedOut, None) => Ok(ExitCode::from(TIMED_OUT)),
        (Why::Refused(mut sentences), None) => Err(Failed(sentences.pop().unwrap_or_default())),
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn lock(common: &Shared) -> MutexGuard<'_, Common<Stdout>> {
    common.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sees that the command line can be followed, as far as no file is read for that but the presets.
fn check(profile: &Profile, options: &ListenOptions) -> Done {
    let urls = &options.urls;
    if urls.len() > URLS_MAX {
        return Err(Failed(format!("One `hark listen` follows {URLS_MAX} URLs at most.")));
    }
    if urls.len() > 1 && options.last_event_id.is_some() {
        return Err(Failed("--last-event-id is for one URL; --state is for several.".to_owned()));
    }
    let mut origins = Vec::new();
    for url in urls {
        origins.push(subscription(url, options.way.clone())?.origin());
    }
    if let Some(other) = origins.iter().find(|origin| **origin != origins[0])
        && !options.headers.is_empty()
    {
        return Err(Failed(format!(
            "-H would be sent to {} and to {other}; follow each server with a `hark listen` of its own.",
            origins[0]
        )));
    }
    check_headers(&options.headers)?;
    method(&options.method)?;
    options.last_event_id.clone().map(event_id).transpose()?;
    if let Some(feed) = &options.feed {
        Presets::beside(&profile.settings()).presets.feed(feed).map_err(Failed)?;
    }
    options.heartbeat.as_deref().map(span::read).transpose().map_err(Failed)?;
    options.retry.as_deref().map(read_retry).transpose().map_err(Failed)?;
    options.event_max.as_deref().map(read_event_max).transpose().map_err(Failed)?;
    Ok(())
}

/// What to ask of each URL.
async fn asks(options: &ListenOptions) -> Result<Vec<Ask>, Failed> {
    let mut all: Vec<Ask> = Vec::new();
    for url in &options.urls {
        // What is said of the headers is said once.
        let given = if all.is_empty() { &*options.headers } else { &[] };
        let mut ask = ask(url, given, options.way.clone()).await?;
        if let Some(first) = all.first() {
            ask.headers.clone_from(&first.headers);
        }
        ask.method = method(&options.method)?;
        ask.body = options.data.clone().unwrap_or_default().into();
        all.push(ask);
    }
    Ok(all)
}

/// What is followed, and how.
fn sources(
    profile: &Profile,
    options: &ListenOptions,
    asks: Vec<Ask>,
    mut state: Option<&mut State>,
) -> Result<(Vec<Source>, Vec<Listen>), Failed> {
    let presets = Presets::beside(&profile.settings()).presets;
    // What is shown as it comes is not to be understood.
    let unsaid = if options.raw { "json" } else { feed::UNKNOWN };
    let feed = options.feed.as_deref().unwrap_or(unsaid);
    presets.feed(feed).map_err(Failed)?;
    let last_event_id = options.last_event_id.clone().map(event_id).transpose()?;
    let labels = labels(asks.iter().map(|ask| &ask.url));
    let is_one_of_several = asks.len() > 1;
    let (mut all, mut listens) = (Vec::new(), Vec::new());
    for (number, (mut ask, from)) in asks.into_iter().zip(labels).enumerate() {
        let mut subscription = Subscription::plain(ask.url.clone(), feed);
        subscription.mapping = presets.get(feed).cloned();
        let length = |text: &Option<String>| text.as_deref().map(span::read).transpose();
        subscription.heartbeat = length(&options.heartbeat).map_err(Failed)?;
        subscription.retry =
            options.retry.as_deref().map(read_retry).transpose().map_err(Failed)?;
        subscription.event_max =
            options.event_max.as_deref().map(read_event_max).transpose().map_err(Failed)?;
        ask.limits = subscription.limits();
        let source = source_of(&ask.url, feed);
        let known = state.as_mut().and_then(|state| state.take(&source));
        let mut saved = match (known, &last_event_id) {
            (Some(known), _) => known,
            (None, Some(id)) => Saved::new(&source).resumed_from(id),
            (None, None) => Saved::new(&source),
        };
        saved.server = subscription.origin();
        if options.new {
            saved.begun = saved.begun.or_else(|| Some(clock::now().wall));
        }
        if let Some(speaks) = saved.feed.as_deref().and_then(feed::by_name) {
            // It was recognised by an earlier run.
            subscription.feed = speaks.name().to_owned();
            subscription.url = speaks.stream_url(&subscription.url);
            ask.url.clone_from(&subscription.url);
        }
        let progress = Progress::of(saved.clone()).ok_or_else(|| {
            let path = options.state.as_deref().unwrap_or_else(|| std::path::Path::new(""));
            Failed(format!(
                "{} is damaged. It is left as it is; name another file, or delete it to begin anew.",
                path.display()
            ))
        })?;
        let short = from.split_once("://").map_or(&*from, |(_, rest)| rest).to_owned();
        let name = if is_one_of_several { short } else { subscription.origin() };
        all.push(Source { from, name, progress });
        listens.push(Listen { ask, subscription, saved, number, is_one_of_several });
    }
    Ok((all, listens))
}

/// The hash by which a URL is found in the state. The URL itself may be a secret.
fn source_of(url: &Url, feed: &str) -> String {
    let hash = Sha256::digest(format!("{feed} {url}"));
    hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// What each URL is called: it without what may be secret in it, and with a number where that names several.
fn labels<'a>(urls: impl Iterator<Item = &'a Url>) -> Vec<String> {
    let mut labels: Vec<String> = Vec::new();
    for url in urls {
        let label = format!("{}{}", url.origin().ascii_serialization(), url.path());
        let mut numbered = label.clone();
        let mut number = 1;
        while labels.contains(&numbered) {
            number += 1;
            numbered = format!("{label}#{number}");
        }
        labels.push(numbered);
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_url_has_a_name_of_its_own_without_a_secret() {
        let urls = [
            "https://user:pass@ntfy.sh/a/sse?auth=secret#x",
            "http://127.0.0.1:8080/events",
            "https://ntfy.sh/a/sse?auth=other",
            "https://ntfy.sh/a/sse",
        ];
        let urls = urls.map(|url| Url::parse(url).unwrap());
        let wanted = [
            "https://ntfy.sh/a/sse",
            "http://127.0.0.1:8080/events",
            "https://ntfy.sh/a/sse#2",
            "https://ntfy.sh/a/sse#3",
        ];
        assert_eq!(labels(urls.iter()), wanted);
        assert_ne!(source_of(&urls[0], "ntfy"), source_of(&urls[2], "ntfy"));
    }
}
