//! Where a request may go that a stranger wishes for: to the internet, and inside only to where the feed is.
//! Pure: names are looked up by whoever asks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where a request may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// To the subscription's own host, wherever that is: nobody elsewhere says where.
    Own,
    /// To the subscription's own host by a name that others may lead elsewhere at any time: on the internet,
    /// or at the very address where its feed was reached last, and nowhere else.
    Named(Option<IpAddr>),
    /// To any other host that is on the internet, and nowhere else.
    Internet,
}

impl Reach {
    /// Those of a host's addresses that may be dialled; none where it may not go there. `is_here` says which
    /// are this computer's own, as one of the internet may be.
    #[must_use]
    pub fn of(self, at: Vec<IpAddr>, is_here: impl Fn(IpAddr) -> bool) -> Option<Vec<IpAddr>> {
        let all = at.len();
        let is_out = |ip| is_on_internet(ip) && !is_here(ip);
        let is_fit = |ip: &IpAddr| match self {
            Self::Own => true,
            Self::Named(feed) => feed == Some(*ip) || is_out(*ip),
            Self::Internet => is_out(*ip),
        };
        let at: Vec<IpAddr> = at.into_iter().filter(is_fit).collect();
        // Another's name that leads inside as well is a trick.
        let is_trick = self == Self::Internet && at.len() < all;
        (!at.is_empty() && !is_trick).then_some(at)
    }
}

/// Whether an address is one of the internet's, and none of this machine, its networks or a special use
/// (IANA's registries of special-purpose addresses).
#[must_use]
pub fn is_on_internet(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_v4(address),
        IpAddr::V6(address) => is_v6(address),
    }
}

fn is_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && b & 0xc0 == 64)
        || address.is_documentation()
        || (a, b, c) == (192, 0, 0)
        || (a, b, c) == (192, 88, 99)
        || (a == 198 && b & 0xfe == 18))
}

fn is_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let [a, b, ..] = segments;
    let v4 = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        is_v4(Ipv4Addr::new(a, b, c, d))
    };
    match segments {
        // Written for IPv4, in each of the ways that there are.
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low] => {
            !address.is_unspecified() && !address.is_loopback() && high != 0 && v4(high, low)
        }
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => v4(high, low),
        // Of the rest only 2000::/3 is given out; Teredo and documentation are in it.
        _ => {
            let is_documentation = (a, b) == (0x2001, 0xdb8) || (a == 0x3fff && b < 0x1000);
            a & 0xe000 == 0x2000 && (a, b) != (0x2001, 0) && !is_documentation
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_on_the_internet_or_it_is_not() {
        for inside in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.168.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "198.18.0.1",
            "198.19.9.9",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:0:a00:1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2002:c0a8:1::1",
            "2001::1",
            "2001:db8::1",
            "3fff:fff::1",
            "fc00::1",
            "fdff::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "100::1",
            "4000::1",
        ] {
            assert!(!is_on_internet(inside.parse().unwrap()), "{inside}");
        }
        for outside in [
            "1.1.1.1",
            "9.9.9.9",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
            "2002:101:101::1",
            "2606:4700:4700::1111",
            "2a00::1",
            "3fff:1000::1",
        ] {
            assert!(is_on_internet(outside.parse().unwrap()), "{outside}");
        }
    }
}
