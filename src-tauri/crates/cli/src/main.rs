//! The executable `hark`: the agent, and every command of its clients.
//!
//! This crate reads the command line, asks the person, and prints; the other crates or a running agent do
//! the work.

mod arguments;
mod commands;
mod out;
mod quiet;
mod show;

use std::process::ExitCode;

use arguments::{Arguments, Command};
use clap::Parser;
use commands::{
    act, add, agent, demo, doctor, handlers, history, listen, messages, open, pause, remove, rules,
    send, silence, status, stop, test,
};
use hark_local::profile::Profile;
use hark_platform::picture::apart;

/// Why a command did nothing: one sentence or more.
struct Failed(String);

impl<E: std::error::Error> From<E> for Failed {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

type Done = Result<(), Failed>;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
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
    let profile = Profile::find(arguments.profile.as_deref())?;
    // One thread: an agent mostly waits.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(async {
        let done = match arguments.command {
            Command::Agent(options) => return agent::agent(profile, options).await,
            Command::Listen(options) => listen::listen(&profile, options).await,
            Command::Doctor(options) => doctor::doctor(&profile, options).await,
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
            Command::Status { json } => status::status(&profile, json).await,
            Command::Messages { limit, json } => messages::messages(&profile, limit, json).await,
            Command::History { limit, json } => history::history(&profile, limit, json).await,
            Command::Handlers(options) => handlers::handlers(&profile, options).await,
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
