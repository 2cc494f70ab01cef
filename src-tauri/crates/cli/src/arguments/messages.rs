//! The options of the commands that have to do with messages: show them, be done with them, act on them, send one.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Options of `hark messages`.
#[derive(Debug, Args)]
pub struct MessagesOptions {
    /// Only of this subscription, by its key or name
    pub key: Option<String>,
    /// Go on showing them as they come
    #[arg(long, short)]
    pub follow: bool,
    /// Only those that were sent since then, as 2h, 2026-03-01 or '2026-03-01 8:00'
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    /// Only those that were sent before then, written in the same way
    #[arg(long, value_name = "WHEN")]
    pub until: Option<String>,
    /// Only what you have not read
    #[arg(long)]
    pub unread: bool,
    /// Only those with this tag
    #[arg(long, value_name = "TAG")]
    pub tag: Option<String>,
    /// Only those before this one, by its id in `hark messages`
    #[arg(long, value_name = "ID")]
    pub before: Option<i64>,
    /// Only those that hold these words, in any order and any case
    #[arg(long, short, value_name = "TEXT")]
    pub search: Option<String>,
    /// Only of this priority or higher: 1 (lowest) to 5 (highest), or min, low, normal, high or urgent
    #[arg(long, value_name = "LEVEL")]
    pub priority: Option<String>,
    /// At most so many
    #[arg(long, short = 'n', default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
    /// As JSON, one message a line
    #[arg(long)]
    pub json: bool,
    /// As CSV, for a spreadsheet
    #[arg(long, conflicts_with_all = ["json", "follow"])]
    pub csv: bool,
}

/// Options of `hark read`.
#[derive(Debug, Args)]
#[group(id = "which", required = true, args = ["ids", "all", "of"], multiple = true)]
pub struct ReadOptions {
    /// These, by their ids in `hark messages`
    #[arg(value_name = "ID")]
    pub ids: Vec<i64>,
    /// All
    #[arg(long, conflicts_with = "ids")]
    pub all: bool,
    /// All of this subscription, by its key
    #[arg(long, value_name = "KEY", conflicts_with = "ids")]
    pub of: Option<String>,
}

/// Options of `hark delete`.
#[derive(Debug, Args)]
pub struct DeleteOptions {
    /// These, by their ids in `hark messages`
    #[arg(value_name = "ID", required = true)]
    pub ids: Vec<i64>,
}

/// Options of `hark consents`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct ConsentsOptions {
    /// As JSON, one consent a line
    #[arg(long)]
    pub json: bool,
    /// What to do with one.
    #[command(subcommand)]
    pub command: Option<ConsentsCommand>,
}

/// What to do with a consent.
#[derive(Debug, Subcommand)]
pub enum ConsentsCommand {
    /// Ask again before messages of this subscription make such a request
    TakeBack {
        /// The subscription's key
        key: String,
        /// The method, such as POST
        method: String,
        /// The server, such as https://door.example:443
        origin: String,
    },
}

/// Options of `hark rules`.
#[derive(Debug, Args)]
pub struct RulesOptions {
    /// Its key or name, as `hark status` shows them
    pub key: String,
    /// Try the `[[rules]]` of this TOML file instead of those in force; `-` reads them from the input
    pub file: Option<PathBuf>,
    /// Put them in force, and write them into the settings
    #[arg(long, requires = "file")]
    pub save: bool,
    /// As one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Options of `hark act`.
#[derive(Debug, Args)]
pub struct ActOptions {
    /// The message, by its id in `hark messages`
    pub id: i64,
    /// Which of its buttons, counted from 1; its link where missing
    #[arg(default_value_t = 0, hide_default_value = true)]
    pub number: u32,
    /// Do it without asking
    #[arg(long)]
    pub yes: bool,
    /// Do not ask again for this subscription, server and method, whatever the path and the text
    #[arg(long)]
    pub remember: bool,
}

/// Options of `hark send`.
#[derive(Debug, Args)]
pub struct SendOptions {
    /// Its key or name, as `hark status` shows them
    pub key: String,
    /// What it says; `-` reads it from the input, out of others' sight
    pub text: String,
    /// Its title
    #[arg(long)]
    pub title: Option<String>,
    /// 1 (lowest) to 5 (highest), or min, low, normal, high or urgent
    #[arg(long, value_name = "LEVEL")]
    pub priority: Option<String>,
    /// Its tags, with commas in between
    #[arg(long, value_delimiter = ',')]
    pub tags: Vec<String>,
    /// What a click on it opens
    #[arg(long, value_name = "URL")]
    pub click: Option<String>,
    /// The topic to send to, where the subscription follows several
    #[arg(long)]
    pub topic: Option<String>,
    /// As one JSON object
    #[arg(long)]
    pub json: bool,
}
