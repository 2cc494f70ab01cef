//! The options of the commands that ask servers themselves, without an agent: `listen` and `doctor`.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use clap::Args;
use hark_config::settings::span;
use hark_engine::matching::Pattern;

/// What stands below the options of `hark listen`.
const LISTEN_HELP: &str = "\
Exit codes:
  0    --count or --until is reached, a signal ended it, or nobody reads the output any more
  1    a server refuses (of several: all do), or something cannot be read or written
  2    the command line is wrong
  124  the time of --timeout is over

Examples:
  hark listen https://ntfy.sh/builds https://ntfy.sh/alerts --json
  hark listen https://ntfy.sh/builds --new --until 'deploy (done|failed)' --timeout 10m
  hark listen https://ntfy.sh/builds --state builds.state >> builds.log
  hark listen https://ntfy.sh/builds --new --exec -- ./on-message --level warning";

/// Options of `hark listen`.
#[derive(Debug, Args)]
#[command(after_help = LISTEN_HELP)]
pub struct ListenOptions {
    /// http or https; several are followed at once
    #[arg(value_name = "URL", required = true)]
    pub urls: Vec<String>,
    /// Decoded messages as JSON, one a line
    #[arg(long, conflicts_with = "raw")]
    pub json: bool,
    /// Everything that comes on one plain connection, as JSON, one object a line
    #[arg(long, conflicts_with_all = ["state", "new", "until", "exec"])]
    pub raw: bool,
    /// What it speaks, as ntfy or a preset's name; recognised where missing
    #[arg(long)]
    pub feed: Option<String>,
    /// Leave out what the server held before it was asked for the first time
    #[arg(long)]
    pub new: bool,
    /// Keep in this file how far it has come, and go on there the next time
    #[arg(long, value_name = "FILE", conflicts_with = "last_event_id")]
    pub state: Option<PathBuf>,
    /// End after so many messages
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// End after the first message in whose title or text this regular expression is found
    #[arg(long, value_name = "REGEX", value_parser = pattern)]
    pub until: Option<Pattern>,
    /// End after so long, as 10m, with exit code 124
    #[arg(long, value_name = "TIME", value_parser = span::read)]
    pub timeout: Option<Duration>,
    /// Run the command behind -- for each message: it in HARK_… variables, and as JSON on the input
    #[arg(long, requires = "command")]
    pub exec: bool,
    /// Give one run of the command so long; 60s where missing
    #[arg(long, value_name = "TIME", requires = "exec", value_parser = span::read)]
    pub exec_timeout: Option<Duration>,
    /// Send a header, as 'Name: value'; @FILE reads such lines from a file, out of others' sight
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    pub headers: Vec<String>,
    #[command(flatten)]
    pub way: Way,
    /// Resume after this event
    #[arg(long, value_name = "ID")]
    pub last_event_id: Option<String>,
    /// Retry at a fixed interval, as 'fixed 5s'
    #[arg(long, value_name = "HOW")]
    pub retry: Option<String>,
    /// Give a connection up after so long a silence, as 30s
    #[arg(long, value_name = "TIME")]
    pub heartbeat: Option<String>,
    /// Take events of up to this size, also in one line, as 16MiB
    #[arg(long, value_name = "SIZE")]
    pub event_max: Option<String>,
    /// Send the request with this method
    #[arg(long, default_value = "GET")]
    pub method: String,
    /// Send this as the request's body
    #[arg(long)]
    pub data: Option<String>,
    /// The program of --exec and its arguments; no shell reads them
    #[arg(last = true, value_name = "COMMAND", requires = "exec")]
    pub command: Vec<OsString>,
}

fn pattern(text: &str) -> Result<Pattern, String> {
    Pattern::try_from(text.to_owned())
}

/// The way to the server.
#[derive(Clone, Debug, Default, Args)]
pub struct Way {
    /// Trust the authorities, or the one certificate, in this PEM file beside the system's
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Go through this proxy, as http://host:port or socks5://host:port; none for no proxy at all
    #[arg(long, value_name = "URL")]
    pub proxy: Option<String>,
}

/// What stands below the options of `hark doctor`.
const DOCTOR_HELP: &str = "\
Exit codes:
  0  nothing is wrong
  1  something is, or the report could not be written
  2  the command line is wrong

Examples:
  hark doctor
  hark doctor --report report.txt
  hark doctor https://push.example/events --for 3m";

/// Options of `hark doctor`.
#[derive(Debug, Args)]
#[command(after_help = DOCTOR_HELP)]
pub struct DoctorOptions {
    /// Visit this server, http or https; without, this computer, the files and all that is followed
    pub url: Option<String>,
    /// How long to listen, as 60s; 5s to each that is followed, 60s to a URL; Ctrl-C listens no longer
    #[arg(long = "for", value_name = "TIME")]
    pub length: Option<String>,
    /// As one JSON object
    #[arg(long)]
    pub json: bool,
    /// Write a report to attach, without secrets; it is shown first, and you are asked
    #[arg(long, value_name = "FILE", conflicts_with_all = ["url", "json"])]
    pub report: Option<PathBuf>,
    /// Write the report without asking
    #[arg(long, requires = "report")]
    pub yes: bool,
    /// What it speaks; recognised where missing
    #[arg(long, requires = "url")]
    pub feed: Option<String>,
    /// Send a header, as 'Name: value'; @FILE reads such lines from a file, out of others' sight
    #[arg(short = 'H', long = "header", value_name = "HEADER", requires = "url")]
    pub headers: Vec<String>,
    #[command(flatten)]
    pub way: Way,
}
