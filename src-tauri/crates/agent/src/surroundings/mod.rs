//! What happens around the agent and makes a dial worthwhile: the computer woke, the network changed.
//!
//! Hints only: a link never waits for one, and one that is missed delays nothing but the dial that
//! it would have hastened.

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod linux;

#[cfg(not(target_os = "linux"))]
use elsewhere as platform;
#[cfg(target_os = "linux")]
use linux as platform;

use std::{collections::BTreeSet, net::IpAddr, sync::Arc, time::Duration};

use hark_engine::history::Entry;
use tokio::{sync::mpsc, time::sleep};

use crate::{clock, core::Core, driver::Command};

/// How often the clocks are compared where nothing tells of a wake.
const TICK: Duration = Duration::from_secs(20);
/// A shorter sleep breaks no connection.
const SLEEP_MIN: Duration = Duration::from_secs(2);
/// Changes of the network come in bursts; the last one counts.
const SETTLE: Duration = Duration::from_millis(300);

/// What a platform tells.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    /// The computer woke.
    Woke,
    /// These addresses of this computer came or went.
    Network(BTreeSet<IpAddr>),
}

/// Watches for as long as the agent runs.
pub async fn run(core: Arc<Core>) {
    let (tell, mut told) = mpsc::channel(8);
    let _watching = platform::watch(tell);
    let mut slept = clock::slept();
    loop {
        let heard = tokio::select! {
            heard = told.recv() => heard,
            () = sleep(TICK) => None,
        };
        let mut changed = BTreeSet::new();
        let mut is_awake = false;
        if let Some(first) = heard {
            if matches!(first, Told::Network(_)) {
                sleep(SETTLE).await;
            }
            for told in std::iter::once(first).chain(std::iter::from_fn(|| told.try_recv().ok())) {
                match told {
                    Told::Woke => is_awake = true,
                    Told::Network(addresses) => changed.extend(addresses),
                }
            }
        }
        let now_slept = clock::slept();
        let length = now_slept.saturating_sub(slept);
        let woke = length >= SLEEP_MIN;
        if woke {
            slept = now_slept;
            let now = clock::now().wall;
            let asleep_since = now.checked_sub(length).unwrap_or(now);
            core.journal(now, &Entry::Woke { asleep_since });
        }
        if woke || is_awake {
            tell_all(&core, &Command::Woke);
        }
        if !changed.is_empty() {
            tracing::info!("the network changed");
            tell_all(&core, &Command::Network(changed.into_iter().collect()));
        }
    }
}

/// Tells every driver. One whose queue is full has as much to do already.
pub fn tell_all(core: &Core, command: &Command) {
    for one in core.followed().values() {
        let _ = one.commands.try_send(command.clone());
    }
}

/// Whether an address is in a subnet that this machine is on.
pub fn is_local(address: IpAddr) -> bool {
    let subnets = if_addrs::get_if_addrs().unwrap_or_default();
    subnets.into_iter().any(|one| match (one.addr, address) {
        (if_addrs::IfAddr::V4(ours), IpAddr::V4(other)) => {
            let mask = u32::from(ours.netmask);
            mask != 0 && u32::from(ours.ip) & mask == u32::from(other) & mask
        }
        (if_addrs::IfAddr::V6(ours), IpAddr::V6(other)) => {
            let mask = u128::from(ours.netmask);
            mask != 0 && u128::from(ours.ip) & mask == u128::from(other) & mask
        }
        _ => false,
    })
}
