//! What is asked of a test from outside: how often it does what it usually does less often, and which run is seen again.

use std::env;

/// The number in a variable, where it is set.
///
/// # Panics
/// Where it is no number.
#[must_use]
pub fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|text| text.parse().unwrap())
}

/// How often: what a variable says, or else the usual number.
///
/// # Panics
/// Where it is no number.
#[must_use]
pub fn times(variable: &str, usual: u32) -> u32 {
    number(variable).map_or(usual, |wanted| wanted.try_into().unwrap())
}
