//! The executable `hark`: the agent, and every command of its clients.
//!
//! This crate reads the command line, talks, and prints; what is done is done in `hark-agent` or by
//! a running agent.

mod arguments;
mod client;
mod doctor;
mod here;
mod out;
mod show;
mod token;

use std::process::ExitCode;

use arguments::{Arguments, Command};
use clap::Parser;
use hark_api::profile::Profile;

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
    let profile = Profile::find(arguments.profile.as_deref())?;
    // One thread: an agent mostly waits.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(async {
        let done = match arguments.command {
            Command::Agent(options) => return here::agent(profile, options).await,
            Command::Listen(options) => here::listen(&profile, options).await,
            Command::Doctor(options) => doctor::doctor(&profile, options).await,
            Command::Demo { port } => here::demo(port).await,
            Command::Open => here::open(&profile).await,
            Command::Add(options) => client::add(&profile, options).await,
            Command::Remove { key } => client::remove(&profile, key).await,
            Command::Pause { key } => client::pause(&profile, key, true).await,
            Command::Resume { key } => client::pause(&profile, key, false).await,
            Command::Status { json } => client::status(&profile, json).await,
            Command::Messages { limit, json } => client::messages(&profile, limit, json).await,
            Command::History { limit, json } => client::history(&profile, limit, json).await,
            Command::Rules(options) => client::rules(&profile, options).await,
            Command::Test => client::test(&profile).await,
            Command::Stop => client::stop(&profile).await,
        };
        done.map(|()| ExitCode::SUCCESS)
    });
    // A thread that waits for a disk that is gone keeps nobody from ending.
    runtime.shutdown_background();
    outcome
}
