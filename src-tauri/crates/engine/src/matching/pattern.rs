//! A regular expression of the person's, in bounds: matching takes time in proportion to pattern
//! and text, never more, and both are limited.

use std::fmt;

use regex_lite::{Regex, RegexBuilder};
use serde::Deserialize;

/// The longest pattern.
const PATTERN_CHARS_MAX: usize = 1_000;
/// The largest compiled pattern: what `(a{100}){100}` grows to is refused.
const COMPILED_BYTES_MAX: usize = 32 << 10;
/// The smallest size that patterns are weighed by.
const COMPILED_BYTES_MIN: usize = 256;
/// The most that all patterns which may meet one event weigh together. They are tried one after the
/// other, so they take no longer than one of twice the largest size: some 50 ms at the worst.
pub const WEIGHT_MAX: usize = 2 * COMPILED_BYTES_MAX;
/// How much of a text is looked at, in bytes.
pub(super) const LOOKED_AT_BYTES_MAX: usize = 4 << 10;

/// A regular expression, found anywhere in a text.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Pattern {
    regex: Regex,
    weight: usize,
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.chars().count() > PATTERN_CHARS_MAX {
            return Err(format!(
                "the regular expression is longer than {PATTERN_CHARS_MAX} characters"
            ));
        }
        let built = |limit| RegexBuilder::new(&text).size_limit(limit).build();
        // The error says what is wrong in a few words.
        let regex = built(COMPILED_BYTES_MAX)
            .map_err(|error| format!("{text:?} is no regular expression: {error}"))?;
        let mut weight = COMPILED_BYTES_MIN;
        while weight < COMPILED_BYTES_MAX && built(weight).is_err() {
            weight *= 2;
        }
        Ok(Self { regex, weight })
    }
}

impl Pattern {
    /// What it takes to match it, in bytes of its compiled form, rounded up.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.weight
    }

    /// Whether it is found in the first 4 KiB of a text.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        self.regex.is_match(&text[..text.floor_char_boundary(LOOKED_AT_BYTES_MAX)])
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.regex.as_str() == other.regex.as_str()
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.regex.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Result<Pattern, String> {
        Pattern::try_from(text.to_owned())
    }

    #[test]
    fn it_is_found_anywhere_also_in_other_scripts() {
        assert!(pattern("(?i)FAIL(ed|ure)").unwrap().is_in("the build failed"));
        assert!(pattern("构建.*失败$").unwrap().is_in("主干构建又失败"));
        assert!(!pattern("^red$").unwrap().is_in("red alert"));
    }

    #[test]
    fn only_the_beginning_of_a_text_is_looked_at() {
        let text = format!("{}needle", "é".repeat(LOOKED_AT_BYTES_MAX));
        assert!(!pattern("needle").unwrap().is_in(&text));
    }

    #[test]
    fn a_large_one_weighs_more() {
        let weight = |text: &str| pattern(text).unwrap().weight();
        assert!(weight("red") <= 256, "{}", weight("red"));
        assert!(weight("(?i)failed|broken|error") <= 2_048);
        assert!(weight("(.{0,1}){90}b") > weight("(.{0,1}){9}b"));
    }

    #[test]
    fn one_that_explodes_is_refused_or_harmless() {
        for wrong in ["(", "((a{100}){100}){100}", "[a-", &"a".repeat(2_000)] {
            assert!(pattern(wrong).is_err(), "{wrong:.20}");
        }
        // Exponential in engines that go back; here it is only no match.
        assert!(!pattern("^(a+)+$").unwrap().is_in(&format!("{}b", "a".repeat(4_000))));
    }
}
