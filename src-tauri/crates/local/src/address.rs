//! The addresses by which a system opens a message in Hark's window: `hark:message/ID`. Who clicks a
//! notification that has outlived the agent is taken there, and any page of the web can name one as well: so it
//! can say which message is shown, and nothing else.

/// Their scheme, as it is registered with the system.
pub const SCHEME: &str = "hark";

/// Longer than this is none: an id has 19 digits at most. Bytes.
const ADDRESS_BYTES_MAX: usize = 64;

/// The address of the message of this id.
#[must_use]
pub fn of_message(id: i64) -> String {
    format!("{SCHEME}:message/{id}")
}

/// The id of the message that an address names. None for all that [`of_message`] does not write.
#[must_use]
pub fn message(address: &str) -> Option<i64> {
    if address.len() > ADDRESS_BYTES_MAX {
        return None;
    }
    // Schemes are compared without regard to case (RFC 3986, 3.1); some browsers add a slash.
    let (scheme, place) = address.split_once(':')?;
    let place = place.strip_suffix('/').unwrap_or(place);
    let id = place.strip_prefix("message/").filter(|_| scheme.eq_ignore_ascii_case(SCHEME))?;
    let is_plain = id.bytes().all(|byte| byte.is_ascii_digit()) && !id.starts_with('0');
    id.parse().ok().filter(|_| is_plain)
}

/// Whether a text is meant as an address, whatever it says.
#[must_use]
pub fn is_one(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case(SCHEME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_its_message_and_no_other_text_is_one() {
        for id in [1, 12, i64::MAX] {
            assert_eq!(message(&of_message(id)), Some(id));
        }
        assert_eq!(message("HARK:message/12/"), Some(12));
        for wrong in [
            "",
            "hark",
            "hark:",
            "hark:12",
            "hark:message",
            "hark:message/",
            "hark:message//12",
            "hark:message/12//",
            "hark:message/-12",
            "hark:message/+12",
            "hark:message/012",
            "hark:message/0",
            "hark:message/1 2",
            "hark:message/12?action=1",
            "hark:message/12#action=1",
            "hark:message/12/action/1",
            "hark:message/12 --action=1",
            "hark:message/%31%32",
            "hark:message/１２",
            "hark:Message/12",
            "hark://message/12",
            "hark:message/9223372036854775808",
            "harks:message/12",
            "https://message/12",
            "hark:read/12",
        ] {
            assert_eq!(message(wrong), None, "{wrong}");
        }
        assert_eq!(message(&format!("hark:message/{}", "1".repeat(99))), None);
        assert!(is_one("Hark:x") && !is_one("hark") && !is_one("harks:x") && !is_one("--a=hark:x"));
    }
}
