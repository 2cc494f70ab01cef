//! `hark stop`: ends the agent, and waits until it has ended.

use std::time::{Duration, Instant};

use hark_api::{client::CallError, route};
use hark_local::profile::Profile;

use super::client;
use crate::{Done, Failed, out};

/// How long to wait for the agent to stop; after that it is stuck.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

pub async fn stop(profile: &Profile) -> Done {
    let client = client(profile);
    match client.call(&route::STOP, &()).await {
        Err(CallError::NoAgent) => out::line("No agent is running.")?,
        answer => {
            // An agent that has ended already is as wanted.
            if !matches!(answer, Err(CallError::Ended)) {
                answer?;
            }
            // It has stopped once nothing listens on the socket.
            let deadline = Instant::now() + STOP_TIMEOUT;
            while client.is_running().await {
                if Instant::now() > deadline {
                    return Err(Failed(
                        "The agent was told to stop and still runs; see its log.".into(),
                    ));
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            out::line("Stopped.")?;
        }
    }
    Ok(())
}
