//! A stranger's text, made fit to be read: without control characters and bidirectional overrides,
//! which could make it look like another text or command a terminal, and bounded.

use std::{
    fmt, iter,
    ops::{Deref, RangeInclusive},
};

use serde::{Deserialize, Deserializer, Serialize};

/// The longest line, in characters.
pub const LINE_CHARS_MAX: usize = 1_000;
/// What a server says about an error is cut to this, in characters.
pub const BRIEF_CHARS_MAX: usize = 300;
/// The longest URL that a sentence offers to be copied, in characters with its quotes.
pub const COPIED_CHARS_MAX: usize = 700;
/// The longest text, in characters.
pub const TEXT_CHARS_MAX: usize = 64_000;

/// One line of a stranger's text, of at most [`LINE_CHARS_MAX`] characters. Every way to make one
/// cleans the text.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Line(String);

/// A stranger's text of several lines, of at most [`TEXT_CHARS_MAX`] characters. Every way to make
/// one cleans the text.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Text(String);

impl Line {
    /// A text as one line of at most so many characters.
    #[must_use]
    pub fn of(text: &str, chars_max: usize) -> Self {
        let cleaned = clean(text.trim(), chars_max.min(LINE_CHARS_MAX));
        Self(if cleaned.contains(['\n', '\t']) {
            cleaned.replace(['\n', '\t'], " ")
        } else {
            cleaned
        })
    }

    /// What a server says about an error: at most [`BRIEF_CHARS_MAX`] characters.
    #[must_use]
    pub fn brief(text: &str) -> Self {
        Self::of(text, BRIEF_CHARS_MAX)
    }
}

impl From<&str> for Line {
    fn from(text: &str) -> Self {
        Self::of(text, LINE_CHARS_MAX)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(clean(text, TEXT_CHARS_MAX))
    }
}

/// The methods and traits that both types have.
macro_rules! readable {
    ($($name:ident),*) => {$(
        impl $name {
            /// The cleaned text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::from(text.as_str())
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        /// What was stored by an earlier version, or by hand, is cleaned too.
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self::from)
            }
        }
    )*};
}

readable!(Line, Text);

/// Overrides of direction, what has neither width nor ink, annotations, and what is no character,
/// which strict readers of markup refuse. The joiners U+200C and U+200D, the marks
/// U+200E and U+200F and the tags of U+E0000 are not among them: emoji and some scripts need those.
const DISGUISES: &[RangeInclusive<char>] = &[
    '\u{ad}'..='\u{ad}',
    '\u{61c}'..='\u{61c}',
    '\u{115f}'..='\u{1160}',
    '\u{200b}'..='\u{200b}',
    '\u{202a}'..='\u{202e}',
    '\u{2060}'..='\u{2064}',
    '\u{2066}'..='\u{2069}',
    '\u{3164}'..='\u{3164}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff9}'..='\u{fffb}',
    '\u{fffe}'..='\u{ffff}',
];

/// Whether a character may disguise a text, or command a terminal.
#[must_use]
pub fn is_unreadable(char: char) -> bool {
    (char.is_control() && !matches!(char, '\n' | '\t'))
        || DISGUISES.iter().any(|disguises| disguises.contains(&char))
}

/// Whether nothing of a text is seen: it is of white space, and of characters that are drawn as none.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    let is_unseen = |char| {
        matches!(char,
            '\u{34f}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200c}'..='\u{200f}'
            | '\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{2800}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{e0000}'..='\u{e0fff}')
    };
    text.chars().all(|char| char.is_whitespace() || is_unreadable(char) || is_unseen(char))
}

/// A text without what is not readable, and not longer than `chars_max`. Whatever ends a line is one line
/// feed.
#[must_use]
pub fn clean(text: &str, chars_max: usize) -> String {
    let text = text.trim_end_matches(['\r', '\n']);
    let plain = |byte: u8| matches!(byte, b' '..=b'~' | b'\n' | b'\t');
    // No early end, so that the compiler can look at many bytes at a time.
    if text.len() <= chars_max && text.bytes().fold(true, |all, byte| all & plain(byte)) {
        return text.to_owned();
    }
    let mut rest = text.chars().peekable();
    let chars = iter::from_fn(|| {
        Some(match rest.next()? {
            // Of a pair the second one counts.
            '\r' if rest.peek() != Some(&'\n') => '\n',
            '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
            char => char,
        })
    });
    let mut chars = chars.filter(|&char| !is_unreadable(char));
    let mut out: String = chars.by_ref().take(chars_max).collect();
    if chars.next().is_some() {
        out.pop();
        out.push('…');
    }
    out
}

/// A URL as it may be copied into a shell, whoever chose it: in single quotes, in which no shell reads
/// anything, and with none inside. None where it is too long to be whole in a sentence.
#[must_use]
pub fn copied(url: &str) -> Option<String> {
    let quoted = format!("'{}'", url.replace('\'', "%27"));
    (quoted.chars().count() <= COPIED_CHARS_MAX).then_some(quoted)
}

/// These words as a sentence: with a full stop, unless they end in what is to be copied, as that would be
/// copied with it.
#[must_use]
pub(crate) fn sentence(words: &str) -> String {
    format!("{words}{}", if words.ends_with('\'') { "" } else { "." })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_disguise_a_text_is_left_out() {
        assert_eq!(clean("a\u{1b}[31mb\u{0}\r\nc\td\u{202e}e", 100), "a[31mb\nc\tde");
        assert_eq!(Line::from("a\u{1b}]0;x\u{7}b\u{9b}31m\nc"), "a]0;xb31m c");
        assert_eq!(Text::from("a\u{9b}\nb"), "a\nb");
        let odd = "\u{ad}\u{61c}\u{115f}\u{200b}\u{202e}\u{2060}\u{2064}\u{2067}\
                   \u{3164}\u{feff}\u{ffa0}";
        assert_eq!(Line::from(odd), "");
        let family = "👩\u{200d}👧 می\u{200c}خواهم";
        assert_eq!(Line::from(family), family, "joiners are needed");
    }

    #[test]
    fn what_ends_a_line_elsewhere_ends_one_here() {
        assert_eq!(Text::from("a\u{2028}b\u{2029}c"), "a\nb\nc");
        assert_eq!(Text::from("a\rb\u{b}c\u{c}d\u{85}e\r\nf\r"), "a\nb\nc\nd\ne\nf");
        assert_eq!(Line::from("a\rb"), "a b");
        assert_eq!(Line::from("a\u{2028}b"), "a b");
    }

    #[test]
    fn what_is_not_seen_is_blank() {
        for text in ["", " \t\n", "\u{200b}\u{2060}", "\u{3164}\u{2800}", "\u{ad}\u{e0020}"] {
            assert!(is_blank(text), "{text:?}");
        }
        for text in ["a", "\u{200b}.", "你", "👍\u{fe0f}"] {
            assert!(!is_blank(text), "{text:?}");
        }
    }

    #[test]
    fn a_long_text_ends_with_an_ellipsis_at_the_limit() {
        assert_eq!(clean("äöüß", 4), "äöüß");
        assert_eq!(clean("äöüßx", 4), "äöü…");
        let endless = "x".repeat(1_000_000);
        assert_eq!(Line::brief(&endless).chars().count(), BRIEF_CHARS_MAX);
        assert_eq!(Line::from(&*endless).chars().count(), LINE_CHARS_MAX);
        assert_eq!(Text::from(&*endless).chars().count(), TEXT_CHARS_MAX);
    }

    #[test]
    fn what_is_to_be_copied_is_one_word_to_a_shell_whoever_chose_it() {
        for (url, wanted) in [
            ("https://a.example/x?y=1&z=2", "'https://a.example/x?y=1&z=2'"),
            ("https://a.example/$(id);touch${IFS}x", "'https://a.example/$(id);touch${IFS}x'"),
            ("https://a'b.example/';id;'?'#'", "'https://a%27b.example/%27;id;%27?%27#%27'"),
        ] {
            assert_eq!(copied(url).as_deref(), Some(wanted));
        }
        assert_eq!(copied(&format!("https://a.example/{}", "'".repeat(300))), None);
        assert_eq!(sentence("see 'x'"), "see 'x'");
        assert_eq!(sentence("see x"), "see x.");
    }

    #[test]
    fn what_was_stored_before_is_cleaned_when_it_is_read() {
        let read: Line = serde_json::from_str(r#""a\u001b[31mb""#).unwrap();
        assert_eq!(read, "a[31mb");
        assert_eq!(serde_json::to_string(&read).unwrap(), r#""a[31mb""#);
    }
}
