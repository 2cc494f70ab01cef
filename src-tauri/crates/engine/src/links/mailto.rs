//! A `mailto` link (RFC 6068), made anew from whom it is to, its subject and its text. Whatever else one can
//! name, as a file to attach or a copy to somebody, is left out.

use url::Url;

use crate::readable::{Line, clean, is_unreadable};

/// How many it may be to.
const TO_MAX: usize = 10;
/// The longest address (RFC 5321, 4.5.3.1.3), in characters.
const ADDRESS_CHARS_MAX: usize = 254;
/// The longest subject, in characters.
const SUBJECT_CHARS_MAX: usize = 200;
/// The longest text, in characters.
const BODY_CHARS_MAX: usize = 1_500;

/// The link, from what stood before and after its question mark; none where it is to nobody, or to what is
/// no address.
pub(super) fn rebuilt(to: &str, query: Option<&str>) -> Option<Url> {
    let mut addresses = addresses(to)?;
    let (mut subject, mut body) = (None, None);
    for (name, value) in query.unwrap_or_default().split('&').filter_map(|it| it.split_once('=')) {
        match name.to_ascii_lowercase().as_str() {
            "to" => addresses.extend(self::addresses(value)?),
            "subject" if subject.is_none() => {
                subject = Some(Line::of(&decoded(value)?, SUBJECT_CHARS_MAX));
            }
            "body" if body.is_none() => body = Some(clean(&decoded(value)?, BODY_CHARS_MAX)),
            _ => {}
        }
    }
    if addresses.is_empty() || addresses.len() > TO_MAX {
        return None;
    }
    let to: Vec<String> = addresses.iter().map(|address| encoded(address)).collect();
    let subject = subject.map(|text| format!("subject={}", encoded(&text)));
    let body = body.map(|text| format!("body={}", encoded(&text.replace('\n', "\r\n"))));
    let headers: Vec<String> = subject.into_iter().chain(body).collect();
    let mark = if headers.is_empty() { "" } else { "?" };
    Url::parse(&format!("mailto:{}{mark}{}", to.join(","), headers.join("&"))).ok()
}

/// The addresses in a list; none where one is no plain address.
fn addresses(list: &str) -> Option<Vec<String>> {
    let parts = list.split(',').filter(|part| !part.trim().is_empty());
    parts.map(|part| decoded(part).filter(|address| is_address(address))).collect()
}

/// Whether it is a plain address: no name beside it, nothing quoted, nothing that could be an option or the
/// end of a header.
fn is_address(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+-._~=@".contains(&byte);
    let Some((local, domain)) = text.split_once('@') else { return false };
    text.len() <= ADDRESS_CHARS_MAX
        && text.bytes().all(is_plain)
        && !local.is_empty()
        && !local.starts_with('-')
        && !domain.is_empty()
        && domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
        && !domain.starts_with(['-', '.'])
}

/// A text without its percent signs (RFC 3986, 2.1); none where they mean no text.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let hex = |byte: u8| char::from(byte).to_digit(16);
            let (high, low) = (hex(rest.next()?)?, hex(rest.next()?)?);
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    let text = String::from_utf8(bytes).ok()?.replace("\r\n", "\n").replace('\r', "\n");
    (!text.contains(is_unreadable)).then_some(text)
}

/// A text with percent signs, wherever it could be taken for more than a text.
fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<String> {
        let url = Url::parse(&format!("mailto:{text}")).unwrap();
        rebuilt(url.path(), url.query()).map(Into::into)
    }

    #[test]
    fn whom_it_is_to_its_subject_and_its_text_are_kept_and_nothing_else() {
        let whole =
            of("a@b.example,c@d.example?subject=Hi%20there&body=1%0D%0A2%0a3&to=e@f.example");
        let wanted =
            "mailto:a@b.example,c@d.example,e@f.example?subject=Hi%20there&body=1%0D%0A2%0D%0A3";
        assert_eq!(whole.as_deref(), Some(wanted));
        for more in ["cc=x@y.z", "bcc=x@y.z", "attach=/etc/passwd", "attachment=a", "in-reply-to=1"]
        {
            assert_eq!(of(&format!("a@b.example?{more}")).as_deref(), Some("mailto:a@b.example"));
        }
        assert_eq!(of("a+b@c.example").as_deref(), Some("mailto:a%2Bb@c.example"));
        assert_eq!(of("a@b.example?SUBJECT=x").as_deref(), Some("mailto:a@b.example?subject=x"));
    }

    #[test]
    fn no_header_is_written_into_another_one() {
        let injected = of("a@b.example?subject=x%0D%0ABcc:%20me@evil.example").unwrap();
        assert_eq!(
            injected,
            "mailto:a@b.example?subject=x%20Bcc%3A%20me%40evil.example".replace("%40", "@")
        );
        let within = of("a@b.example?subject=x%26attach%3D/etc/passwd").unwrap();
        assert_eq!(within, "mailto:a@b.example?subject=x%26attach%3D%2Fetc%2Fpasswd");
        for to in [
            "a@b.example%0D%0ABcc:x@y.z",
            "a@b.example%3Fattach=/etc/passwd",
            "%22a%22@b.example",
            "-a@b.example",
            "a@-b.example",
            "A%20%3Ca@b.example%3E",
            "nobody",
            "a@b@c",
            "a@b.example?subject=%00",
            "a@b.example?subject=%FF",
            "a@b.example?subject=%E2%80%AE",
            "a@b.example?body=%zz",
        ] {
            assert_eq!(of(to), None, "{to}");
        }
        assert_eq!(of(""), None);
        assert_eq!(of(&["a@b.example"; 11].join(",")), None);
    }

    #[test]
    fn it_is_bounded() {
        let long =
            of(&format!("a@b.example?body={}&subject={}", "x".repeat(7_000), "y".repeat(999)));
        assert!(long.unwrap().len() < 6_000);
        let wide = of(&format!("a@b.example?body={}", "%E2%82%AC".repeat(3_000)));
        assert!(wide.is_none_or(|url| url.len() < 16 << 10));
    }
}
