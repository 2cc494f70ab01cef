//! Emoji short codes, as ntfy has them in tags: `warning` is ⚠️ (gemoji's list, by way of
//! `build.rs`).

/// `\ncode emoji\ncode emoji\n`, sorted by code.
const EMOJI: &str = include_str!(concat!(env!("OUT_DIR"), "/emoji.txt"));

/// The emoji of a short code.
pub(super) fn of_code(code: &str) -> Option<&'static str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte);
    if code.is_empty() || code.len() > 100 || !code.bytes().all(plain) {
        return None;
    }
    let (_, rest) = EMOJI.split_once(&format!("\n{code} "))?;
    rest.split('\n').next()
}

#[cfg(test)]
mod tests {
    use super::*;

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
