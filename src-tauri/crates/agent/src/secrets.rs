//! Reads credentials where the settings say they are, at the moment of a dial. They are held no
//! longer than the dial, and no error or log shows one.

use std::{env, fs, os::unix::fs::MetadataExt};

use hark_engine::failure::Cause;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use url::Host;

use crate::settings::{Basic, Credential, Subscription};

/// A token longer than this is none.
const SECRET_BYTES_MAX: u64 = 64 << 10;

/// The headers that a subscription's credentials make.
///
/// # Errors
/// [`Cause::Credential`], which names the place and never the secret.
pub fn headers(subscription: &Subscription) -> Result<HeaderMap, Cause> {
    let mut headers = HeaderMap::new();
    if let Some(token) = &subscription.bearer {
        headers.insert(header::AUTHORIZATION, value(&format!("Bearer {}", read(token)?), token)?);
    }
    if let Some(Basic { user, password }) = &subscription.basic {
        let pair = format!("{user}:{}", read(password)?);
        let encoded = base64(pair.as_bytes());
        headers.insert(header::AUTHORIZATION, value(&format!("Basic {encoded}"), password)?);
    }
    for (name, credential) in &subscription.headers {
        let header = HeaderName::try_from(name)
            .map_err(|_| wrong(format!("{name:?} is no name of a header")))?;
        headers.insert(header, value(&read(credential)?, credential)?);
    }
    if !headers.is_empty() && in_the_clear(subscription) && !subscription.cleartext_credentials {
        return Err(wrong(
            "it would be sent unencrypted to another host; use https, or set \
             cleartext_credentials = true"
                .into(),
        ));
    }
    Ok(headers)
}

fn in_the_clear(subscription: &Subscription) -> bool {
    let loopback = match subscription.url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    subscription.url.scheme() == "http" && !loopback
}

fn read(credential: &Credential) -> Result<String, Cause> {
    let secret = match credential {
        Credential::Env(name) => {
            env::var(name).map_err(|_| wrong(format!("{credential} is not set for the agent")))?
        }
        Credential::File(path) => {
            let found =
                fs::metadata(path).map_err(|error| wrong(format!("{credential}: {error}")))?;
            if found.mode() & 0o077 != 0 {
                return Err(wrong(format!("{credential} may be read by others; run: chmod 600")));
            }
            if found.len() > SECRET_BYTES_MAX {
                return Err(wrong(format!("{credential} is too large for a secret")));
            }
            fs::read_to_string(path).map_err(|error| wrong(format!("{credential}: {error}")))?
        }
    };
    let secret = secret.trim();
    if secret.is_empty() {
        return Err(wrong(format!("{credential} is empty")));
    }
    Ok(secret.to_owned())
}

fn value(text: &str, credential: &Credential) -> Result<HeaderValue, Cause> {
    let mut value = HeaderValue::try_from(text)
        .map_err(|_| wrong(format!("{credential} holds characters that no header can carry")))?;
    value.set_sensitive(true);
    Ok(value)
}

fn wrong(detail: String) -> Cause {
    Cause::Credential { detail }
}

fn base64(bytes: &[u8]) -> String {
    use base64::prelude::{BASE64_STANDARD, Engine};
    BASE64_STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn subscription(url: &str) -> (tempfile::TempDir, Subscription) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        fs::write(&path, "s3cret\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let mut subscription = Subscription::plain(url.parse().unwrap(), "json");
        subscription.bearer = Some(Credential::File(path));
        (folder, subscription)
    }

    fn detail(subscription: &Subscription) -> String {
        match headers(subscription) {
            Err(Cause::Credential { detail }) => detail,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_token_in_a_file_becomes_a_header_that_no_debug_output_shows() {
        let (_folder, subscription) = subscription("https://a.example/");
        let headers = headers(&subscription).unwrap();
        assert_eq!(headers["authorization"], "Bearer s3cret");
        assert!(!format!("{headers:?}").contains("s3cret"));
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let (folder, subscription) = subscription("https://a.example/");
        let path = folder.path().join("token");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(detail(&subscription).contains("may be read by others"));
        fs::remove_file(path).unwrap();
        assert!(detail(&subscription).contains("No such file"));
    }

    #[test]
    fn credentials_go_unencrypted_to_this_machine_alone_unless_the_person_says_so() {
        assert!(headers(&subscription("http://127.0.0.1:8080/").1).is_ok());
        let (_folder, mut other) = subscription("http://192.168.1.2/");
        assert!(detail(&other).contains("cleartext_credentials = true"));
        other.cleartext_credentials = true;
        assert!(headers(&other).is_ok());
    }

    #[test]
    fn a_name_and_password_are_sent_as_basic() {
        let (_folder, mut subscription) = subscription("https://a.example/");
        let password = subscription.bearer.take().unwrap();
        subscription.basic = Some(Basic { user: "me".into(), password });
        assert_eq!(headers(&subscription).unwrap()["authorization"], "Basic bWU6czNjcmV0");
    }
}
