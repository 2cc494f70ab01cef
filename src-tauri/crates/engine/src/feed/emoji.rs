//! Emoji short codes, as ntfy has them in tags: `warning` is ⚠️ (gemoji's list, by way of
//! `build.rs`).

use std::cmp::Ordering;

/// `\ncode emoji\ncode emoji\n`, sorted by code.
const EMOJI: &str = include_str!(concat!(env!("OUT_DIR"), "/emoji.txt"));

/// The emoji of a short code.
pub(super) fn of_code(code: &str) -> Option<&'static str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte);
    if code.is_empty() || code.len() > 100 || !code.bytes().all(plain) {
        return None;
    }
    // Halved again and again: to look through all of it took longer than all else that a message costs.
    let (mut low, mut high) = (1, EMOJI.len().saturating_sub(1));
    while low < high {
        let middle = EMOJI.floor_char_boundary(low.midpoint(high));
        let start = EMOJI[low..middle].rfind('\n').map_or(low, |at| low + at + 1);
        let end = EMOJI[start..high].find('\n').map_or(high, |at| start + at);
        let (known, emoji) = EMOJI[start..end].split_once(' ')?;
        match known.cmp(code) {
            Ordering::Less => low = end + 1,
            Ordering::Greater => high = start,
            Ordering::Equal => return Some(emoji),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_of_the_list_is_found() {
        let lines: Vec<(&str, &str)> =
            EMOJI.trim().lines().map(|line| line.split_once(' ').unwrap()).collect();
        assert!(lines.len() > 1_000 && lines.is_sorted_by_key(|(code, _)| *code));
        for (code, emoji) in lines {
            assert_eq!(of_code(code), Some(emoji), "{code}");
        }
    }

    #[test]
    fn a_short_code_has_its_emoji_and_anything_else_has_none() {
        // Those of https://docs.ntfy.sh/publish/#tags-emojis
        for (code, emoji) in [("+1", "👍"), ("warning", "⚠️"), ("tada", "🎉"), ("skull", "💀")]
        {
            assert_eq!(of_code(code), Some(emoji), "{code}");
        }
        for code in ["", "backup", "Skull", "skull ", "\n+1", "warning ⚠️\nx"] {
            assert_eq!(of_code(code), None, "{code:?}");
        }
    }
}
