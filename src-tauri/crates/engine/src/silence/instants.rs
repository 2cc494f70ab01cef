//! When a clock on the wall shows a time. Where clocks are changed, a time may come twice or never: what is
//! not clear is silent.

use jiff::{
    Timestamp,
    civil::DateTime,
    tz::{AmbiguousOffset, TimeZone},
};

/// The first instant at which the clock shows this time or a later one.
pub fn first(zone: &TimeZone, at: DateTime) -> Option<Timestamp> {
    instant(zone, at, false)
}

/// The instant from which on the clock never shows a time before this one any more.
pub fn last(zone: &TimeZone, at: DateTime) -> Option<Timestamp> {
    instant(zone, at, true)
}

fn instant(zone: &TimeZone, at: DateTime, later: bool) -> Option<Timestamp> {
    let change_after = |at| zone.following(at).next().map(|change| change.timestamp());
    match zone.to_ambiguous_timestamp(at).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(at).ok(),
        AmbiguousOffset::Fold { before, after } => {
            let (one, other) = (before.to_timestamp(at).ok()?, after.to_timestamp(at).ok()?);
            // Set back to this very time, the clock shows no time before it again.
            Some(if later && change_after(one) != Some(other) { other } else { one })
        }
        // The clock passes over it: that is when it is changed.
        AmbiguousOffset::Gap { after, .. } => change_after(after.to_timestamp(at).ok()?),
    }
}
