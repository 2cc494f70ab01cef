//! What a server says of its refusal may repeat the credential that it refuses. What it says is shown, told to
//! handlers and kept, so the credential is left out of it.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use http::{HeaderName, header};

use super::dial::Ask;

/// What is shorter stands in plain words, too.
const BYTES_MIN: usize = 4;

/// The text without what was sent as a credential, or may have been.
pub(super) fn left_out(text: &str, ask: &Ask) -> String {
    let mut sent = Vec::new();
    for (name, value) in &ask.headers {
        sent.extend(value.to_str().into_iter().flat_map(|value| credentials(name, value)));
    }
    if ask.has_token {
        sent.extend(ask.url.query_pairs().map(|(_, value)| value.into_owned()));
    }
    sent.retain(|it| it.len() >= BYTES_MIN);
    // One may be a part of another.
    sent.sort_by_key(|it| std::cmp::Reverse(it.len()));
    sent.iter().fold(text.to_owned(), |text, it| text.replace(it, "…"))
}

fn credentials(name: &HeaderName, value: &str) -> Vec<String> {
    if [header::ACCEPT, header::CONTENT_TYPE].contains(name) {
        return Vec::new();
    }
    if *name == header::COOKIE {
        let values = value.split(';').filter_map(|pair| pair.split_once('='));
        return values.map(|(_, value)| value.trim().to_owned()).collect();
    }
    // After the name of its scheme, where it has one (RFC 9110, 11.4).
    let credential = value.split_once(' ').map_or(value, |(_, rest)| rest.trim());
    let pair = BASE64_STANDARD.decode(credential).ok().and_then(|it| String::from_utf8(it).ok());
    let password = pair.and_then(|pair| Some(pair.split_once(':')?.1.to_owned()));
    [credential.to_owned()].into_iter().chain(password).collect()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn what_was_sent_is_left_out_in_each_form() {
        let mut ask = Ask::get("http://a.example/x?token=s3cret-url&topic=news".parse().unwrap());
        for (name, value) in [
            ("authorization", "Basic Ym9iOmh1bnRlcjI="),
            ("x-api-key", "key-1234"),
            ("x-long", "key-1234-and-more"),
            ("cookie", "theme=abc; session=s3cret-cookie"),
            ("content-type", "text/plain"),
        ] {
            ask.headers.append(name, HeaderValue::from_static(value));
        }
        ask.headers.append("authorization", HeaderValue::from_static("Bearer s3cret"));
        for (said, shown) in [
            ("Invalid key: key-1234", "Invalid key: …"),
            ("key-1234-and-more, key-1234", "…, …"),
            ("no Bearer s3cret here", "no Bearer … here"),
            ("bob has no password hunter2 (Ym9iOmh1bnRlcjI=)", "bob has no password … (…)"),
            ("the session s3cret-cookie is over", "the session … is over"),
            ("abc is no theme, and text/plain no type", "abc is no theme, and text/plain no type"),
        ] {
            assert_eq!(left_out(said, &ask), shown);
        }
        assert_eq!(left_out("s3cret-url", &ask), "…-url", "this one was asked for by its person");
        ask.has_token = true;
        assert_eq!(left_out("s3cret-url", &ask), "…");
    }
}
