//! Linux: logind tells of a wake and of the lock, rtnetlink of changed addresses and routes.

use std::{collections::BTreeSet, io, net::IpAddr};

use netlink_sys::{AsyncSocket, AsyncSocketExt, SocketAddr, TokioSocket, protocols::NETLINK_ROUTE};
use tokio::{sync::mpsc, task::JoinSet};

use super::{Notice, logind};

/// `RTMGRP_LINK`, `RTMGRP_IPV4_IFADDR`, `RTMGRP_IPV4_ROUTE`, `RTMGRP_IPV6_IFADDR`,
/// `RTMGRP_IPV6_ROUTE` of `rtnetlink(7)`.
const GROUPS: u32 = 0x1 | 0x10 | 0x40 | 0x100 | 0x400;
/// How many bytes of a notice are read: that something has changed is enough to know.
const TOLD_BYTES_MAX: usize = 8 << 10;
/// `errno(3)`.
const ENOBUFS: i32 = 105;

/// A tick that comes late tells of a busy computer: `Instant` stands still while it sleeps.
pub(super) const TELLS_LATE: bool = false;

/// Watches until the answer is dropped.
pub(super) fn watch(tell: mpsc::Sender<Notice>) -> JoinSet<()> {
    let mut watching = JoinSet::new();
    watching.spawn(logind::watch(tell.clone()));
    watching.spawn(async move {
        if let Err(error) = network(tell).await {
            tracing::info!("the network's changes are not told: {error}");
        }
    });
    watching
}

/// See the module above.
pub(super) fn network_tells() -> io::Result<()> {
    bound().map(|_| ())
}

fn bound() -> io::Result<TokioSocket> {
    let mut socket = TokioSocket::new(NETLINK_ROUTE)?;
    socket.socket_mut().bind(&SocketAddr::new(0, GROUPS))?;
    Ok(socket)
}

/// The kernel tells often, such as when a router renews what it announced: only other addresses or
/// another link are news.
async fn network(tell: mpsc::Sender<Notice>) -> io::Result<()> {
    let socket = bound()?;
    let mut known = addresses();
    let mut buffer = Vec::with_capacity(TOLD_BYTES_MAX);
    loop {
        buffer.clear();
        match socket.recv(&mut buffer).await {
            // The kernel dropped some notices: only the addresses read below count.
            Err(error) if error.raw_os_error() != Some(ENOBUFS) => return Err(error),
            _ => {}
        }
        let found = addresses();
        if found != known {
            let changed = found.symmetric_difference(&known).map(|(_, address)| *address);
            let told = Notice::Network(changed.collect());
            known = found;
            if tell.send(told).await.is_err() {
                return Ok(());
            }
        }
    }
}

/// The addresses of the links that are up, except the loopback's.
fn addresses() -> BTreeSet<(String, IpAddr)> {
    let all = if_addrs::get_if_addrs().unwrap_or_default();
    all.into_iter()
        .filter(|one| one.is_oper_up() && !one.is_loopback())
        .map(|one| (one.name.clone(), one.ip()))
        .collect()
}
