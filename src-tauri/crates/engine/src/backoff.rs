//! When a link dials again: the delay law, and nothing that waits.
//!
//! A delay is drawn once, here, and stored in the link's state; log, window and timer read it
//! there.

use std::{net::IpAddr, time::Duration};

use fastrand::Rng;

use crate::failure::{Cause, Class};

/// `retry:` hints are clamped to this range; WHATWG sets no bound.
pub const SPREAD_MIN: Duration = Duration::from_millis(500);
/// See [`SPREAD_MIN`].
pub const SPREAD_MAX: Duration = Duration::from_secs(3600);
/// A hint of the surroundings makes a link dial within this.
pub const HINT_SPREAD: Duration = Duration::from_secs(1);
/// The first so many dials to a server with few clients each come within a second: most such
/// servers restart in that time, and the owner waits beside them. The link's budget allows for
/// these dials.
const FEW_AT_FIRST: u32 = 8;
/// A server that ends each connection soon is asked again after about this.
const BRIEF_WAIT: Duration = Duration::from_secs(60);
/// A server that asks for more than this is asked again anyway.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 3600);

/// How many clients a server probably has, which decides how gently it is dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clients {
    /// A few clients, and the owner waits beside it.
    Few,
    /// Perhaps a million.
    Many,
}

impl Clients {
    /// How many clients a host probably has. Near hosts have few: loopback, link-local, `.local`,
    /// 100.64/10, and those in a subnet that this machine is on, which `local` tells of an address.
    #[must_use]
    pub fn towards(host: &str, local: impl Fn(IpAddr) -> bool) -> Self {
        let name = host.trim_start_matches('[').trim_end_matches([']', '.']);
        let near = match name.parse::<IpAddr>() {
            Ok(address) => is_near(address) || local(address),
            Err(_) => {
                let name = name.to_ascii_lowercase();
                name == "localhost" || name.ends_with(".localhost") || name.ends_with(".local")
            }
        };
        if near { Self::Few } else { Self::Many }
    }

    /// W: over how long a crowd of clients spreads its first dial when nobody says otherwise.
    #[must_use]
    pub fn spread(self) -> Duration {
        match self {
            Self::Few => Duration::from_secs(1),
            Self::Many => Duration::from_secs(10),
        }
    }

    /// The longest backoff.
    #[must_use]
    pub fn cap(self) -> Duration {
        match self {
            Self::Few => Duration::from_secs(10),
            Self::Many => Duration::from_secs(120),
        }
    }
}

fn is_near(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            v4.is_loopback() || v4.is_link_local() || matches!(v4.octets(), [100, 64..=127, ..])
        }
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unicast_link_local(),
    }
}

/// How a subscription retries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// The law of this file.
    Backoff,
    /// A plain interval, for those who want it.
    Fixed(Duration),
}

/// What the delay law looks at.
#[derive(Clone, Copy, Debug)]
pub struct Law {
    /// Backoff, or a plain interval.
    pub retry: Retry,
    /// How many clients the server probably has.
    pub clients: Clients,
    /// W as the person has set it.
    pub spread: Option<Duration>,
}

impl Law {
    /// The delay before dial number `attempt` (1: the first after a loss), after `cause`, where the
    /// server's last `retry:` was `hint`.
    pub fn delay(
        &self,
        cause: &Cause,
        attempt: u32,
        hint: Option<Duration>,
        rng: &mut Rng,
    ) -> Duration {
        let asked = cause.retry_after().map(|wait| wait.min(RETRY_AFTER_MAX));
        if let Retry::Fixed(interval) = self.retry {
            return interval.max(asked.unwrap_or_default());
        }
        let spread = self.width(hint);
        if let Some(wait) = asked {
            return wait + draw(spread.max(wait / 2), rng);
        }
        let about = |wait: Duration, rng: &mut Rng| wait.mul_f64(0.8 + 0.4 * rng.f64());
        match cause.class() {
            _ if matches!(cause, Cause::BriefStreams { .. }) => about(BRIEF_WAIT, rng),
            Class::Routine => draw(spread.min(HINT_SPREAD), rng),
            Class::Refused | Class::Protocol => {
                let wait = Duration::from_secs(match attempt {
                    1 => 60,
                    2 => 5 * 60,
                    _ => 15 * 60,
                });
                about(wait, rng)
            }
            Class::Network | Class::Server if attempt <= 1 => draw(spread, rng),
            Class::Network | Class::Server if self.clients == Clients::Many => {
                self.crowd(attempt, hint, rng)
            }
            Class::Local | Class::Network | Class::Server => {
                let at_first = if cause.class() == Class::Local { 1 } else { FEW_AT_FIRST };
                let doublings = attempt.saturating_sub(at_first);
                let ceiling = Duration::from_secs(1 << doublings.min(12)).min(self.clients.cap());
                draw(ceiling, rng)
            }
        }
    }

    /// A later dial to a server with a crowd of clients. Full jitter from one second on would let
    /// each wave of refused clients fall into the one before it: of a million, half would dial in
    /// the same second (`cargo xtask simulate herd`). So a wave keeps its distance: half a width,
    /// and a whole one where the server has said how wide the crowd is to be spread.
    fn crowd(&self, attempt: u32, hint: Option<Duration>, rng: &mut Rng) -> Duration {
        let width = self.width(hint);
        let said = self.spread.is_some() || hint.is_some();
        let doubled = width.saturating_mul(1 << attempt.saturating_sub(2).min(12));
        let distant = if said { doubled } else { doubled / 2 };
        // Distance and width together stay within the cap, unless the width alone exceeds it.
        let longest = self.clients.cap().max(width * 2);
        let scale = (longest.as_secs_f64() / (distant + doubled).as_secs_f64()).min(1.0);
        distant.mul_f64(scale) + draw(doubled.mul_f64(scale), rng)
    }

    /// W: the person's, else the server's clamped hint, else by how many clients there are.
    #[must_use]
    pub fn width(&self, hint: Option<Duration>) -> Duration {
        self.spread
            .or_else(|| hint.map(|hint| hint.clamp(SPREAD_MIN, SPREAD_MAX)))
            .unwrap_or_else(|| self.clients.spread())
    }
}

/// A delay drawn from U(0, `ceiling`).
pub(crate) fn draw(ceiling: Duration, rng: &mut Rng) -> Duration {
    ceiling.mul_f64(rng.f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAR: Law = Law { retry: Retry::Backoff, clients: Clients::Many, spread: None };

    fn status(code: u16, retry_after_ms: Option<u64>) -> Cause {
        Cause::Status { code, detail: None, retry_after_ms, streamed_before: true }
    }

    /// The greatest of many draws, which comes close to the ceiling and never passes it.
    fn greatest(law: Law, cause: &Cause, attempt: u32, hint: Option<Duration>) -> f64 {
        let mut rng = Rng::with_seed(7);
        (0..2000)
            .map(|_| law.delay(cause, attempt, hint, &mut rng).as_secs_f64())
            .fold(0.0, f64::max)
    }

    #[test]
    fn the_first_dial_after_a_loss_is_spread_over_w() {
        assert!((9.9..=10.0).contains(&greatest(FAR, &Cause::EndOfStream, 1, None)));
        let near = Law { clients: Clients::Few, ..FAR };
        assert!((0.99..=1.0).contains(&greatest(near, &Cause::EndOfStream, 1, None)));
        let hinted = Some(Duration::from_secs(60));
        assert!((59.0..=60.0).contains(&greatest(FAR, &Cause::EndOfStream, 1, hinted)));
    }

    #[test]
    fn a_hint_is_a_clamped_width() {
        assert_eq!(FAR.width(Some(Duration::ZERO)), SPREAD_MIN);
        assert_eq!(FAR.width(Some(Duration::from_secs(86_400))), SPREAD_MAX);
        let own = Law { spread: Some(Duration::from_secs(3)), ..FAR };
        assert_eq!(own.width(Some(Duration::from_secs(60))), Duration::from_secs(3));
    }

    #[test]
    fn a_near_server_is_dialled_within_a_second_eight_times_and_then_within_up_to_ten() {
        let near = Law { clients: Clients::Few, ..FAR };
        for (attempt, ceiling) in
            [(2, 1.0), (8, 1.0), (9, 2.0), (10, 4.0), (11, 8.0), (12, 10.0), (4_000_000, 10.0)]
        {
            let greatest = greatest(near, &Cause::ConnectionRefused, attempt, None);
            assert!(
                (0.98 * ceiling..=ceiling).contains(&greatest),
                "attempt {attempt}: {greatest}"
            );
        }
    }

    #[test]
    fn a_crowd_keeps_its_waves_apart_and_doubles_to_the_cap() {
        let hint = Some(Duration::from_secs(60));
        for (attempt, hint, least, most) in [
            (2, None, 5.0, 15.0),
            (3, None, 10.0, 30.0),
            (6, None, 40.0, 120.0),
            (4_000_000, None, 40.0, 120.0),
            (2, hint, 60.0, 120.0),
            (9, hint, 60.0, 120.0),
        ] {
            let mut rng = Rng::with_seed(7);
            for _ in 0..500 {
                let delay =
                    FAR.delay(&Cause::ConnectionRefused, attempt, hint, &mut rng).as_secs_f64();
                assert!((least..=most).contains(&delay), "attempt {attempt}, {hint:?}: {delay}");
            }
        }
    }

    #[test]
    fn http_429_with_retry_after_waits_that_long_and_spreads() {
        let mut rng = Rng::with_seed(1);
        for _ in 0..500 {
            let delay = FAR.delay(&status(429, Some(60_000)), 5, None, &mut rng).as_secs_f64();
            assert!((60.0..=90.0).contains(&delay), "{delay}");
        }
    }

    #[test]
    fn a_refusal_is_retried_after_1_5_and_15_minutes() {
        let mut rng = Rng::with_seed(1);
        for (attempt, minutes) in [(1, 1.0), (2, 5.0), (3, 15.0), (90, 15.0)] {
            for _ in 0..100 {
                let delay =
                    FAR.delay(&status(401, None), attempt, None, &mut rng).as_secs_f64() / 60.0;
                assert!((0.8 * minutes..=1.2 * minutes).contains(&delay), "{attempt}: {delay}");
            }
        }
    }

    #[test]
    fn fixed_is_exactly_that() {
        let law = Law { retry: Retry::Fixed(Duration::from_secs(5)), ..FAR };
        let mut rng = Rng::with_seed(1);
        let delay = |cause, rng: &mut Rng| law.delay(&cause, 3, None, rng).as_secs();
        assert_eq!(delay(Cause::EndOfStream, &mut rng), 5);
        assert_eq!(
            delay(status(429, Some(60_000)), &mut rng),
            60,
            "unless the server asks for more"
        );
    }

    #[test]
    fn near_is_loopback_link_local_dot_local_cgnat_and_our_subnets() {
        let lan = |address: IpAddr| address.to_string().starts_with("192.168.7.");
        for (host, near) in [
            ("localhost", true),
            ("127.0.0.1", true),
            ("[::1]", true),
            ("::ffff:127.0.0.1", true),
            ("printer.local", true),
            ("printer.local.", true),
            ("169.254.3.4", true),
            ("fe80::1", true),
            ("100.100.1.2", true),
            ("100.128.0.1", false),
            ("192.168.7.9", true),
            ("192.168.8.9", false),
            ("10.0.0.7", false),
            ("ntfy.example", false),
        ] {
            assert_eq!(Clients::towards(host, lan) == Clients::Few, near, "{host}");
        }
    }
}
