//! The agent's log: to stderr, and to files that rotate, each on a thread of its own, as disks and
//! terminals may halt. Logs name a subscription by key and origin
//! only: no path, query or content.

use std::{io::IsTerminal, path::Path};

use hark_local::folder;
use hark_platform::terminal;
use tracing::Level;
use tracing_appender::{
    non_blocking::{NonBlockingBuilder, WorkerGuard},
    rolling::{InitError, RollingFileAppender, Rotation},
};
use tracing_subscriber::{
    Layer, filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt,
};

/// Days of logs that are kept.
const FILES_MAX: usize = 7;
/// Lines that wait for the disk; more are dropped, and counted by the appender.
const LINES_MAX: usize = 1024;

/// Starts the log in `folder`. Dropping the guards writes what is still in memory.
///
/// # Errors
/// Where the folder cannot be written.
pub fn start(folder: &Path) -> Result<[WorkerGuard; 2], InitError> {
    // The files themselves are made readable for all; the folder keeps others out. Where it cannot be
    // made, the next step says so.
    folder::private(folder).ok();
    let files = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .max_log_files(FILES_MAX)
        .filename_prefix("hark")
        .filename_suffix("log")
        .build(folder)?;
    let bounded = || NonBlockingBuilder::default().buffered_lines_limit(LINES_MAX);
    let (files, of_files) = bounded().finish(files);
    let (errors, of_errors) = bounded().finish(std::io::stderr());
    let chosen = std::env::var("HARK_LOG").ok().and_then(|level| level.parse().ok());
    let level = chosen.unwrap_or(Level::INFO);
    let ours = || {
        Targets::new().with_default(Level::WARN).with_target("hark", level).with_targets(
            ["agent", "config", "platform", "store", "stream"]
                .map(|name| (format!("hark_{name}"), level)),
        )
    };
    let to_files = fmt::layer().with_ansi(false).with_target(false).with_writer(files);
    let is_terminal = std::io::stderr().is_terminal();
    let is_coloured = is_terminal && terminal::understands_escapes();
    let to_stderr = fmt::layer().with_ansi(is_coloured).with_target(false).with_writer(errors);
    // A person at a terminal wants to read of what is wrong, and the rest of it in the files.
    let wanted = if is_terminal && chosen.is_none() {
        Targets::new().with_default(Level::WARN)
    } else {
        ours()
    };
    tracing_subscriber::registry()
        .with(to_files.with_filter(ours()))
        .with(to_stderr.with_filter(wanted))
        .init();
    Ok([of_files, of_errors])
}
