//! What the desktop has of what Hark needs, looked at once: who shows notifications and icons, who tells of sleep
//! and of the network. It changes nothing, judges nothing, and waits for nobody for long. What a system has
//! no such thing as, or does not tell, is none.

#[cfg(target_os = "linux")]
mod linux;

#[cfg(target_os = "linux")]
use linux as system;

use std::time::Duration;

use tokio::time::timeout;

use crate::notifications::{Bus, BusError, Program, Server};

/// How long a bus and a notification server are waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desktop {
    /// Whether there is a session bus; why not where there is none.
    pub session: Option<Result<(), String>>,
    /// Who shows notifications; why nobody does.
    pub notifications: Result<Server, String>,
    /// Whether somebody shows the icons of programs.
    pub tray_host: Option<bool>,
    /// Whether logind is there, which tells of sleep; why the system bus is not.
    pub sleep: Option<Result<bool, String>>,
    /// Whether the system tells of changes of the network; why not.
    pub network: Result<(), String>,
}

/// Looks.
pub async fn look() -> Desktop {
    system::look().await
}

/// Windows and macOS: there is no bus, the taskbar or the menu bar is always there, and nobody is asked who tells
/// of sleep.
#[cfg(not(target_os = "linux"))]
mod system {
    use super::{Desktop, server};
    use crate::changes;

    pub(super) async fn look() -> Desktop {
        let network = changes::network_tells().map_err(|error| error.to_string());
        let notifications = server().await;
        Desktop { session: None, notifications, tray_host: None, sleep: None, network }
    }
}

fn late() -> String {
    format!("it does not answer within {} s", PATIENCE.as_secs())
}

async fn server() -> Result<Server, String> {
    let answer = async {
        let program = Program { name: "hark", folder: None, opener: None };
        let (bus, _signals) = Bus::connect(program).await?;
        bus.ask().await
    };
    let answer = timeout(PATIENCE, answer).await.map_err(|_| late())?;
    answer.map_err(|error: BusError| match error {
        BusError::Absent(why) => why,
        other => other.to_string(),
    })
}
