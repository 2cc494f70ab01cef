//! What is listed in the page, written to a file in the person's folder for downloads, or in their home where they have
//! none, a page at a time. It reads the agent through its API alone, and no path comes from the page.

use std::{
    collections::HashSet,
    io::{self, Write},
    mem::discriminant,
    path::PathBuf,
};

use hark_api::{
    HistoryEntry, HistoryQuery, Message, MessagesQuery,
    client::{CallError, Client},
    csv::{self, Names},
    route,
};
use hark_local::downloads::{self, Download};
use jiff::Zoned;
use serde::{Deserialize, Serialize};

/// So much is asked for at once.
const PAGE: u32 = 1_000;

/// What is saved.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum Listed {
    /// Messages, by the page's filter.
    Messages {
        /// Which of them; its limit and place are set anew for each page.
        #[cfg_attr(test, ts(type = "MessagesQuery"))]
        query: Box<MessagesQuery>,
    },
    /// The reconnection history.
    History {
        /// Of which subscription and time; its limit and end are set anew for each page.
        #[cfg_attr(test, ts(type = "HistoryQuery"))]
        query: HistoryQuery,
    },
}

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum Format {
    /// One JSON value a line.
    Json,
    /// For a spreadsheet.
    Csv,
}

/// Why it is not saved, or not whole.
#[derive(Debug)]
pub(crate) enum Unsaved {
    /// The agent has not answered.
    Unanswered(CallError),
    /// The file could not be written.
    Unwritten(String),
}

impl From<CallError> for Unsaved {
    fn from(error: CallError) -> Self {
        Self::Unanswered(error)
    }
}

impl From<io::Error> for Unsaved {
    fn from(error: io::Error) -> Self {
        let place = downloads::folder().map(|folder| format!(" in {}", folder.display()));
        Self::Unwritten(format!(
            "The file could not be written{}: {error}.",
            place.unwrap_or_default()
        ))
    }
}

/// Writes the file: no more of it than a page is ever held, and the disk is waited for by no thread that has
/// anything else to do. Answers where it is.
pub(crate) async fn save(
    client: &Client,
    listed: Listed,
    format: Format,
) -> Result<PathBuf, Unsaved> {
    let name = match listed {
        Listed::Messages { .. } => "messages",
        Listed::History { .. } => "history",
    };
    let extension = match format {
        Format::Json => "jsonl",
        Format::Csv => "csv",
    };
    let stem = format!("hark-{name}-{}", Zoned::now().strftime("%Y-%m-%d-%H%M"));
    let file = aside(move || Download::begin(&stem, extension)).await?;
    // Half of it would be taken for all: one that is not finished is gone.
    let file = match listed {
        Listed::Messages { query } => messages(client, *query, format, file).await,
        Listed::History { query } => history(client, query, format, file).await,
    }?;
    aside(move || file.finish()).await
}

/// Does what may block on a thread that may.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Unsaved> {
    let done = tauri::async_runtime::spawn_blocking(work).await;
    Ok(done.map_err(io::Error::other)??)
}

async fn history(
    client: &Client,
    mut query: HistoryQuery,
    format: Format,
    mut file: Download,
) -> Result<Download, Unsaved> {
    query.limit = Some(PAGE);
    let mut names = Names::Above;
    let mut written = HashSet::new();
    loop {
        let mut page = client.call(&route::OUTAGES, &query).await?;
        let is_full = page.len() == PAGE as usize;
        // A page begins with what began at the same time as the last of the one before.
        page.retain(|entry| written.insert((discriminant(entry), entry.id())));
        let last = page.last().map(|entry| entry.began());
        if last.is_some() || names == Names::Above {
            file = aside(move || {
                file.write_all(history_text(&page, format, names)?.as_bytes())?;
                Ok(file)
            })
            .await?;
        }
        if last.is_none() || !is_full {
            return Ok(file);
        }
        (query.until, names) = (last, Names::Before);
    }
}

async fn messages(
    client: &Client,
    mut query: MessagesQuery,
    format: Format,
    mut file: Download,
) -> Result<Download, Unsaved> {
    query.limit = Some(PAGE);
    let mut names = Names::Above;
    loop {
        let page = client.call(&route::MESSAGES, &query).await?;
        let last = page.last().map(|last| (last.id, last.time));
        file = aside(move || {
            file.write_all(messages_text(&page, format, names)?.as_bytes())?;
            Ok(file)
        })
        .await?;
        let Some((id, time)) = last else { return Ok(file) };
        (query.before, query.before_time) = (Some(id), Some(time));
        names = Names::Before;
    }
}

fn messages_text(page: &[Message], format: Format, names: Names) -> Result<String, io::Error> {
    match format {
        Format::Json => json_lines(page),
        Format::Csv => csv::messages(page, names).map_err(io::Error::other),
    }
}

fn history_text(
    entries: &[HistoryEntry],
    format: Format,
    names: Names,
) -> Result<String, io::Error> {
    match format {
        Format::Json => json_lines(entries),
        Format::Csv => csv::history(entries, names).map_err(io::Error::other),
    }
}

fn json_lines(values: &[impl Serialize]) -> Result<String, io::Error> {
    let lines = values.iter().map(|value| Ok(serde_json::to_string(value)? + "\n"));
    lines.collect()
}
