//! The command line, as `--help` shows it.

mod messages;
mod servers;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use hark_agent::run::Face;
use hark_platform::picture::apart;
pub use messages::{
    ActOptions, ConsentsCommand, ConsentsOptions, DeleteOptions, MessagesOptions, ReadOptions,
    RulesOptions, SendOptions,
};
pub use servers::{DoctorOptions, ListenOptions, Way};

/// Desktop notifications from the push servers you already run.
#[derive(Debug, Parser)]
#[command(name = "hark", version, propagate_version = true)]
pub struct Arguments {
    /// Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]
    #[arg(long, global = true, value_name = "DIR")]
    pub profile: Option<PathBuf>,
    /// The system's own Hark instead of yours: settings in /etc/hark, for the members of the group hark
    #[arg(long, global = true, conflicts_with = "profile")]
    pub system: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the agent, which keeps the connections and shows the notifications
    Agent(AgentOptions),
    /// Open the window; starts the agent if none runs
    Open {
        /// At this message, by its id in `hark messages`
        #[arg(long, value_name = "ID")]
        message: Option<i64>,
    },
    /// Start the agent with the desktop, or not
    Autostart {
        /// What is wanted, or how it is
        #[arg(value_enum, default_value_t = AutostartWanted::Status)]
        wanted: AutostartWanted,
    },
    /// Follow a URL from now on
    Add(AddOptions),
    /// Edit a subscription's part of the settings, in the editor that VISUAL names
    Edit {
        /// Its key or name, as `hark status` shows them
        key: String,
    },
    /// Give a subscription another name; its key stays
    Rename {
        /// Its key or name, as `hark status` shows them
        key: String,
        /// What to call it
        name: String,
    },
    /// Forget a subscription; its messages stay
    Remove {
        /// Its key or name, as `hark status` shows them
        key: String,
    },
    /// Pause a subscription, or all
    Pause {
        /// Its key or name, as `hark status` shows them; all where missing
        key: Option<String>,
    },
    /// Resume a subscription, or all; dials at once
    Resume {
        /// Its key or name, as `hark status` shows them; all where missing
        key: Option<String>,
    },
    /// Follow a subscription without notifications
    Mute {
        /// Its key or name, as `hark status` shows them
        key: String,
    },
    /// Show a muted subscription's messages again
    Unmute {
        /// Its key or name, as `hark status` shows them
        key: String,
    },
    /// Show nothing of a subscription, or of all, for a while
    Snooze(SnoozeOptions),
    /// End the snooze of a subscription, or every snooze
    Wake {
        /// Its key or name, as `hark status` shows them; every snooze where missing
        key: Option<String>,
    },
    /// Show how each connection is doing
    Status(StatusOptions),
    /// Show the latest messages, or find some
    Messages(MessagesOptions),
    /// Mark messages as read; their notifications go away
    Read(ReadOptions),
    /// Delete messages
    Delete(DeleteOptions),
    /// Open a message's link, or do what one of its buttons is for
    Act(ActOptions),
    /// Show when each connection was lost, why, and for how long
    History(HistoryOptions),
    /// Show the commands that run when something happens, set as [[handlers]] in the settings
    Handlers(HandlersOptions),
    /// Show which requests messages make without asking you, and take a yes back
    Consents(ConsentsOptions),
    /// Show the relay, by which other programs of this computer follow what Hark receives
    Relay(RelayOptions),
    /// Show what the rules of a subscription do with its latest messages, or try others
    Rules(RulesOptions),
    /// Send a message to a subscription's server, from which it comes as any other
    Send(SendOptions),
    /// Send a sample notification the whole way, and say whether the desktop took it
    Test,
    /// Stop the agent
    Stop,
    /// Say where the settings are, or whether they are well
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Write your set-up as one file, to take along: settings and presets, without secrets and handlers
    Export {
        /// Where to; the output where missing
        file: Option<PathBuf>,
    },
    /// Take subscriptions and settings from such a file; what is here stays, and nothing in it is run
    Import(ImportOptions),
    /// Show the agent's log
    Logs(LogsOptions),
    /// Print what a shell is to know to complete the command line; the packages bring it along
    Completions {
        /// Which shell
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Follow URLs in this terminal, without an agent
    Listen(Box<ListenOptions>),
    /// Say what is well and what is not: this computer and what is followed, or a server
    Doctor(DoctorOptions),
    /// Run a small push server on this computer, to try things with
    Demo {
        /// The port; a free one where missing
        #[arg(long, default_value_t = 0)]
        port: u16,
    },
    /// Decode one picture from the input, for the agent
    #[command(name = apart::COMMAND, hide = true)]
    DecodePicture,
}

/// What is wanted of `hark autostart`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AutostartWanted {
    /// Start it with the desktop
    On,
    /// Do not
    Off,
    /// Say how it is
    Status,
}

/// Options of `hark agent`.
#[derive(Debug, Args)]
pub struct AgentOptions {
    /// No tray icon: run in the terminal and print each message
    #[arg(long)]
    pub no_tray: bool,
    /// No desktop at all: no tray icon, no notifications, and nothing is printed; for a server
    #[arg(long, conflicts_with = "no_tray")]
    pub headless: bool,
    /// While the settings hold no subscription, follow a demo server of its own
    #[arg(long)]
    pub demo: bool,
    /// Leave the terminal's session, so that closing it does not end the agent
    #[arg(long, hide = true)]
    pub detached: bool,
}

impl AgentOptions {
    /// What a person sees of it.
    pub fn face(&self) -> Face {
        match (self.headless, self.no_tray) {
            (true, _) => Face::None,
            (false, true) => Face::Terminal,
            (false, false) => Face::Tray,
        }
    }
}

/// Options of `hark add`.
#[derive(Debug, Args)]
pub struct AddOptions {
    /// http or https
    pub url: String,
    /// What to call it
    #[arg(long)]
    pub name: Option<String>,
    /// What it speaks, as json, ntfy or a preset's name; recognised where missing
    #[arg(long)]
    pub feed: Option<String>,
    /// The bearer token is in this environment variable of the agent
    #[arg(long, value_name = "NAME", conflicts_with = "token_file")]
    pub token_env: Option<String>,
    /// The bearer token is in this file, which only you may read
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// The user's name; the password is asked for, and kept in a file that only you may read
    #[arg(long, value_name = "NAME", conflicts_with_all = ["token_env", "token_file"])]
    pub user: Option<String>,
    /// The password is in this file, which only you may read
    #[arg(long, value_name = "FILE", requires = "user", conflicts_with = "password_env")]
    pub password_file: Option<PathBuf>,
    /// The password is in this environment variable of the agent
    #[arg(long, value_name = "NAME", requires = "user")]
    pub password_env: Option<String>,
    /// Send this header, as 'Name: value', or only its name, to be asked for the value; kept in a file that
    /// only you may read
    #[arg(long = "header", short = 'H', value_name = "HEADER")]
    pub headers: Vec<String>,
    /// Trust the authorities, or the one certificate, in this PEM file, for this subscription alone
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Go through this proxy, http or socks5, or none; as the agent's environment says where missing
    #[arg(long, value_name = "URL")]
    pub proxy: Option<String>,
    /// Do not follow it yet
    #[arg(long)]
    pub paused: bool,
    /// Save it without trying it
    #[arg(long)]
    pub unchecked: bool,
}

/// Options of `hark import`.
#[derive(Debug, Args)]
pub struct ImportOptions {
    /// What `hark export` has written
    pub file: PathBuf,
    /// Take credentials as well, where they are a file or a variable: what is there is sent to that server
    #[arg(long)]
    pub with_credentials: bool,
    /// Only say what it would do
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask
    #[arg(long, short, conflicts_with = "dry_run")]
    pub yes: bool,
}

/// Options of `hark status`.
#[derive(Debug, Args)]
pub struct StatusOptions {
    /// Its key or name; all where missing
    pub key: Option<String>,
    /// Go on showing it as it changes
    #[arg(long, conflicts_with_all = ["json", "check"])]
    pub watch: bool,
    /// For scripts: exit with 0 where all are live or paused, 1 where some are not, 3 where no agent runs
    #[arg(long)]
    pub check: bool,
    /// As one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Options of `hark history`.
#[derive(Debug, Args)]
pub struct HistoryOptions {
    /// Only of this subscription, by its key or name
    pub key: Option<String>,
    /// At most so many, up to 1000
    #[arg(long, short = 'n', default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: u32,
    /// As JSON, one entry a line
    #[arg(long)]
    pub json: bool,
    /// As CSV, for a spreadsheet
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// How much of today, 7 and 30 days each subscription was connected, of the time in which Hark ran
    #[arg(long, conflicts_with_all = ["csv", "limit"])]
    pub uptime: bool,
}

/// What is wanted of `hark config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print where the settings file is
    Path,
    /// Say whether the settings can be put in force, without doing so
    Check,
}

/// Options of `hark logs`.
#[derive(Debug, Args)]
pub struct LogsOptions {
    /// Go on showing it as it grows
    #[arg(long, short)]
    pub follow: bool,
    /// So many of its last lines
    #[arg(long, short = 'n', default_value_t = 50)]
    pub lines: usize,
}

/// A shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// GNU Bash
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
}

/// Options of `hark handlers`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct HandlersOptions {
    /// As JSON, one handler a line
    #[arg(long)]
    pub json: bool,
    /// What to do with one.
    #[command(subcommand)]
    pub command: Option<HandlersCommand>,
}

/// What to do with a handler.
#[derive(Debug, Subcommand)]
pub enum HandlersCommand {
    /// Run one once, as if something had happened
    Run(RunHandlerOptions),
}

/// Options of `hark handlers run`.
#[derive(Debug, Args)]
pub struct RunHandlerOptions {
    /// Its name in the settings
    pub name: String,
    /// As if this had happened: lost, down, recovered, refused, mute, gap or message
    #[arg(long = "as", value_name = "WHAT")]
    pub on: String,
    /// For this subscription, by its key or name; its own, or the only one, where missing
    #[arg(long = "for", value_name = "KEY")]
    pub subscription: Option<String>,
    /// As one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Options of `hark relay`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct RelayOptions {
    /// As one JSON object
    #[arg(long)]
    pub json: bool,
    /// What to do with it.
    #[command(subcommand)]
    pub command: Option<RelayCommand>,
}

/// What to do with the relay.
#[derive(Debug, Subcommand)]
pub enum RelayCommand {
    /// Turn it on, there where it was, or at 127.0.0.1:7275
    On {
        /// At this address of this computer's own, such as 127.0.0.1:7275 or [::1]:7275
        #[arg(long, value_name = "ADDRESS", conflicts_with = "socket")]
        listen: Option<String>,
        /// On a Unix socket at this path, for you alone
        #[arg(long, value_name = "PATH")]
        socket: Option<String>,
    },
    /// Turn it off; its part of the settings is removed
    Off,
    /// Print the token that its clients need
    Token {
        /// The one for messages alone, which may stand in an address
        #[arg(long)]
        read_only: bool,
        /// Make a new one first; who follows with the old one is cut off
        #[arg(long)]
        renew: bool,
    },
}

/// Options of `hark snooze`.
#[derive(Debug, Args)]
#[group(id = "end", required = true, args = ["length", "until", "until_unlock"])]
pub struct SnoozeOptions {
    /// Its key or name, as `hark status` shows them; all where missing
    pub key: Option<String>,
    /// For so long, as 1h
    #[arg(long = "for", value_name = "TIME")]
    pub length: Option<String>,
    /// Until then, as 18:00, 'tomorrow 8:00', 'mon 8:00' or '2026-03-01 8:00'
    #[arg(long, value_name = "WHEN")]
    pub until: Option<String>,
    /// Until the session is unlocked
    #[arg(long)]
    pub until_unlock: bool,
}
