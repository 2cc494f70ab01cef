//! Which way a link's packets take, and whether that has changed: a change of the network concerns only the
//! links whose own way it changes. A container that comes and goes concerns none.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use crate::connection::Route;

/// Addresses for documentation (RFC 5737, RFC 3849): the way to them is the way to everywhere. No packet
/// is sent.
const ELSEWHERE: [SocketAddr; 2] = [
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 9),
    SocketAddr::new(IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)), 9),
];

/// What is known of a link's way.
#[derive(Debug, Default)]
pub struct Routes {
    /// The way of its latest connection.
    route: Option<Route>,
    /// The addresses of this machine that lead elsewhere, at the last dial.
    sources: [Option<IpAddr>; 2],
}

impl Routes {
    /// Notes how the network is at a dial.
    pub fn look(&mut self) {
        self.sources = ELSEWHERE.map(source_towards);
    }

    /// A connection takes this way.
    pub fn takes(&mut self, route: Route) {
        self.route = Some(route);
    }

    /// Whether the way differs from that of the last call, or its own address is among the `changed` ones.
    /// Where no connection was ever made, such as when no name resolves, the routes to everywhere count.
    pub fn are_others(&mut self, changed: &[IpAddr]) -> bool {
        match &mut self.route {
            Some(Route { local, peer, .. }) => {
                let now = source_towards(*peer);
                let is_other = now != Some(*local) || changed.contains(local);
                if let Some(now) = now {
                    *local = now;
                }
                is_other
            }
            None => {
                let now = ELSEWHERE.map(source_towards);
                let is_own = now.iter().flatten().any(|source| changed.contains(source));
                std::mem::replace(&mut self.sources, now) != now || is_own
            }
        }
    }
}

/// The address of this machine from which packets to `peer` would go now.
pub(crate) fn source_towards(peer: SocketAddr) -> Option<IpAddr> {
    let any: IpAddr = match peer {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    // It only asks the kernel for the way.
    socket.connect(peer).ok()?;
    socket.local_addr().ok().map(|local| local.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_this_machine_is_never_another() {
        let mut routes = Routes::default();
        routes.look();
        let other = [Ipv4Addr::new(172, 17, 0, 1).into()];
        assert!(!routes.are_others(&other), "a container is none of its routes");
        let local = Ipv4Addr::LOCALHOST.into();
        routes.takes(Route { local, peer: SocketAddr::new(local, 80), is_proxied: false });
        assert!(!routes.are_others(&other));
    }

    #[test]
    fn an_address_that_is_gone_is_another_way() {
        let mut routes = Routes::default();
        let gone = Ipv4Addr::new(192, 0, 2, 77).into();
        let peer = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 80);
        routes.takes(Route { local: gone, peer, is_proxied: false });
        assert!(routes.are_others(&[]));
        assert!(!routes.are_others(&[]), "told once");
        let local = Ipv4Addr::LOCALHOST.into();
        assert!(routes.are_others(&[local]), "it has gone and come back");
    }
}
