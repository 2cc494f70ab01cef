//! A request as the command line says it: URL, method, headers, body.

use std::fs;

use hark_config::{
    credentials::Credentials,
    settings::{AddressError, Subscription, read_proxy, read_typed, without_password},
};
use hark_stream::connection::Ask;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::{Done, Failed, arguments::Way, out};

/// What is said of a password in a URL.
const PASSWORD: &str = "The password does not belong into the URL, which others can read; send it with -H @FILE, whose \
                        line is: Authorization: Basic …";

/// What to ask, as the command line says it.
pub async fn ask(url: &str, given: &[String], way: Way) -> Result<Ask, Failed> {
    let subscription = subscription(url, way)?;
    let origin = subscription.origin();
    let ask = Credentials::attended(subscription).ask().await;
    let ask = ask.map_err(|cause| Failed(cause.sentence(&origin)))?;
    Ok(Ask { headers: headers(given)?, ..ask })
}

/// What is asked, as far as it is no file's to say.
pub fn subscription(url: &str, way: Way) -> Result<Subscription, Failed> {
    let typed = read_typed(url).map_err(|wrong| {
        let wrong = match wrong {
            // There are no settings in which it could stand.
            AddressError::Password => PASSWORD.to_owned(),
            wrong => wrong.to_string(),
        };
        Failed(format!("{}: {wrong}", without_password(url)))
    })?;
    let mut subscription = Subscription { ca: way.ca, ..Subscription::plain(typed.url, "json") };
    if let Some(proxy) = way.proxy {
        subscription.proxy = read_proxy(&proxy).map_err(|wrong| {
            Failed(format!("--proxy {} cannot be used: {wrong}.", without_password(&proxy)))
        })?;
    }
    Ok(subscription)
}

/// The method of a request.
pub fn method(text: &str) -> Result<Method, Failed> {
    Method::from_bytes(text.as_bytes()).map_err(|_| Failed(format!("{text:?} is no HTTP method.")))
}

/// An id that can be sent as a header's value.
pub fn event_id(id: String) -> Result<String, Failed> {
    if id.chars().any(char::is_control) {
        return Err(Failed(format!(
            "The event id {id:?} cannot be sent: it holds a line feed or another control character."
        )));
    }
    Ok(id)
}

/// Sees that the headers that stand on the command line can be sent.
pub fn check_headers(given: &[String]) -> Done {
    let lines = given.iter().filter(|one| !one.starts_with('@')).flat_map(|one| one.lines());
    lines.filter(|line| !line.trim().is_empty()).try_for_each(|line| header(line).map(drop))
}

/// Headers as given: `Name: value`, or `@FILE` with one a line.
fn headers(given: &[String]) -> Result<HeaderMap, Failed> {
    let mut headers = HeaderMap::new();
    for one in given {
        let lines = match one.strip_prefix('@') {
            Some(path) => fs::read_to_string(path).map_err(|error| {
                Failed(format!("The file {path} with headers cannot be read: {error}."))
            })?,
            None => one.clone(),
        };
        for line in lines.lines().filter(|line| !line.trim().is_empty()) {
            let (name, value) = header(line)?;
            if !one.starts_with('@') && is_secret(&name) {
                // Others on this computer can read it in the list of processes.
                out::note(format_args!(
                    "hark: {name} on the command line can be read by others; use -H @FILE."
                ));
            }
            headers.append(name, value);
        }
    }
    Ok(headers)
}

fn header(line: &str) -> Result<(HeaderName, HeaderValue), Failed> {
    let name = line.split(':').next().unwrap_or_default().trim();
    // The value is not repeated: it may be a secret.
    let wrong =
        || Failed(format!("The header {name:?} cannot be sent; write it as 'Name: value'."));
    let (_, value) = line.split_once(':').ok_or_else(wrong)?;
    let header = HeaderName::try_from(name).map_err(|_| wrong())?;
    Ok((header, HeaderValue::try_from(value.trim()).map_err(|_| wrong())?))
}

fn is_secret(name: &HeaderName) -> bool {
    let name = name.as_str();
    ["authorization", "cookie", "proxy-authorization"].contains(&name)
        || ["token", "key", "secret"].iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_a_name_a_colon_and_a_value() {
        let (name, value) = header("X-A:  b:c ").ok().unwrap();
        assert_eq!((name.as_str(), value.to_str().unwrap()), ("x-a", "b:c"));
        for wrong in ["X-A", "X A: b", ": b", "X: a\u{1}b"] {
            let Err(Failed(sentence)) = header(wrong) else { panic!("{wrong}") };
            assert!(sentence.contains("'Name: value'"), "{sentence}");
        }
    }

    #[test]
    fn an_event_id_with_a_control_character_is_refused() {
        assert_eq!(event_id("é 7".into()).ok().unwrap(), "é 7");
        for wrong in ["a\nb", "\r", "\0", "\u{7f}"] {
            let Err(Failed(sentence)) = event_id(wrong.into()) else { panic!("{wrong:?}") };
            assert!(sentence.contains("control character"), "{sentence}");
        }
    }

    #[test]
    fn headers_that_hold_credentials_are_known_by_their_names() {
        for (name, secret) in
            [("authorization", true), ("x-api-key", true), ("accept-language", false)]
        {
            assert_eq!(is_secret(&HeaderName::from_static(name)), secret, "{name}");
        }
    }
}
