//! Copies a text where the session can.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

/// The longest text that is copied. Bytes.
pub const COPIED_BYTES_MAX: usize = 256 << 10;

/// Copies a text. Answers whether there is a program that has taken it, which may still fail, or the system has.
#[must_use]
pub fn copy(text: &str) -> bool {
    text.len() <= COPIED_BYTES_MAX && system::copy(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_not_copied() {
        assert!(!copy(&"x".repeat(COPIED_BYTES_MAX + 1)));
    }
}
