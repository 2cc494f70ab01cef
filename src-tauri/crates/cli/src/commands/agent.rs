//! `hark agent`: the agent itself, in this process.

use std::process::ExitCode;

use hark_agent::run::{self, AgentError, Options};
use hark_local::profile::Profile;
use hark_platform::terminal;

use crate::{Failed, arguments::AgentOptions, out};

pub async fn agent(profile: Profile, options: AgentOptions) -> Result<ExitCode, Failed> {
    if options.detached {
        terminal::leave();
    }
    let started = Options { profile, face: options.face(), demo: options.demo };
    match run::run(started).await {
        Err(AgentError::Running) => {
            out::line("An agent is running already. See it with: hark status")?;
            Ok(ExitCode::SUCCESS)
        }
        outcome => Ok(ExitCode::from(outcome?.code())),
    }
}
