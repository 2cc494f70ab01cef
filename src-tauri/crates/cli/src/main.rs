//! The executable `hark`: the agent, and every command of its clients.
//!
//! This crate reads the command line, asks the person, and prints; the other crates or a running agent do
//! the work.

mod arguments;
mod commands;
mod examples;
#[cfg(test)]
mod generated;
mod look;
mod out;
mod quiet;
mod show;

use std::process::ExitCode;

use arguments::{Arguments, Command};
use clap::{CommandFactory, FromArgMatches};
use commands::{
    act, add, agent, autostart, completions, config, consents, demo, doctor, edit, handlers,
    history, listen, logs, messages, open, pause, portable, read, relay, remove, rules, send,
    silence, status, stop, test,
};
use hark_agent::run::Face;
use hark_local::profile::Profile;
use hark_platform::{main_thread, picture::apart};

/// Why a command did nothing: one sentence or more.
struct Failed(String);

impl<E: std::error::Error> From<E> for Failed {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

type Done = Result<(), Failed>;

fn main() -> ExitCode {
    let mut matches = examples::added_to(Arguments::command()).get_matches();
    let arguments = match Arguments::from_arg_matches_mut(&mut matches) {
        Ok(arguments) => arguments,
        Err(error) => error.exit(),
    };
    match run(arguments) {
        Ok(code) => code,
        Err(Failed(sentence)) => {
            out::note(format_args!("hark: {sentence}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<ExitCode, Failed> {
    if matches!(arguments.command, Command::DecodePicture) {
        return Ok(ExitCode::from(apart::serve()));
    }
    let profile = match arguments.system {
        true => Profile::system(),
        false => Profile::find(arguments.profile.as_deref())?,
    };
    let shows_icon =
        matches!(&arguments.command, Command::Agent(options) if options.face() == Face::Tray);
    main_thread::keep_free(shows_icon, move || all(arguments.command, profile))?
}

/// Does what was asked, on one thread: an agent mostly waits.
fn all(command: Command, profile: Profile) -> Result<ExitCode, Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(async {
        let done = match command {
            Command::Agent(options) => return agent::agent(profile, options).await,
            Command::Edit { key } => edit::edit(&profile, &key),
            Command::Rename { key, name } => edit::rename(&profile, key, &name).await,
            Command::Config(command) => config::config(&profile, &command),
            Command::Export { file } => portable::export(&profile, file.as_deref()),
            Command::Import(options) => portable::import(&profile, &options),
            Command::Logs(options) => logs::logs(&profile, &options).await,
            Command::Completions { shell } => completions::completions(shell),
            Command::Autostart { wanted } => autostart::autostart(&profile, wanted),
            Command::Listen(options) => return listen::listen(&profile, *options).await,
            Command::Doctor(options) => return doctor::doctor(&profile, options).await,
            Command::Demo { port } => demo::demo(port).await,
            Command::Open { message } => open::open(&profile, message).await,
            Command::Add(options) => add::add(&profile, options).await,
            Command::Remove { key } => remove::remove(&profile, key).await,
            Command::Pause { key } => pause::pause(&profile, key, true).await,
            Command::Resume { key } => pause::pause(&profile, key, false).await,
            Command::Mute { key } => silence::mute(&profile, key, true).await,
            Command::Unmute { key } => silence::mute(&profile, key, false).await,
            Command::Snooze(options) => silence::snooze(&profile, options).await,
            Command::Wake { key } => silence::wake(&profile, key).await,
            Command::Act(options) => act::act(&profile, options).await,
            Command::Status(options) => return status::status(&profile, &options).await,
            Command::Messages(options) => messages::messages(&profile, &options).await,
            Command::Read(options) => read::read(&profile, options).await,
            Command::Delete(options) => read::delete(&profile, options).await,
            Command::History(options) => history::history(&profile, options).await,
            Command::Handlers(options) => handlers::handlers(&profile, options).await,
            Command::Consents(options) => consents::consents(&profile, options).await,
            Command::Relay(options) => relay::relay(&profile, options).await,
            Command::Rules(options) => rules::rules(&profile, options).await,
            Command::Send(options) => send::send(&profile, options).await,
            Command::Test => test::test(&profile).await,
            Command::Stop => stop::stop(&profile).await,
            // It has been done by now.
            Command::DecodePicture => Ok(()),
        };
        done.map(|()| ExitCode::SUCCESS)
    });
    // A thread that waits for a missing disk must not keep the process from ending.
    runtime.shutdown_background();
    outcome
}
