//! From the errors of sockets, TLS and HTTP to the engine's causes: by type, along the chain of
//! sources.

use std::{error::Error, fmt, io};

use hark_engine::failure::Cause;
use launchdarkly_sdk_transport::TransportError;
use tokio_rustls::rustls::OtherError;

/// Carries a cause through the client library as an error.
#[derive(Debug)]
pub(super) struct Ended(pub(super) Cause);

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.code())
    }
}

impl Error for Ended {}

impl Ended {
    pub(super) fn into_transport(self) -> TransportError {
        TransportError::new(self)
    }
}

/// The name was not resolved. Resolvers give no type that says why.
#[derive(Debug)]
pub(super) struct NotResolved;

impl fmt::Display for NotResolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("name not resolved")
    }
}

impl Error for NotResolved {}

/// The cause that the client library hands back, or that its own error amounts to.
pub(super) fn of_client(error: &eventsource_client::Error) -> Cause {
    use eventsource_client::Error as Client;
    match error {
        Client::Transport(error) => match error.inner().downcast_ref::<Ended>() {
            Some(Ended(cause)) => cause.clone(),
            None => of_chain(error),
        },
        Client::Eof => Cause::EndOfStream,
        Client::UnexpectedEof => Cause::Truncated,
        other => Cause::NotHttp { detail: other.to_string().into() },
    }
}

/// The cause of an error, looking along its sources.
pub(super) fn of_chain(error: &(dyn Error + 'static)) -> Cause {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = of_one(error) {
            return found;
        }
        next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    Cause::Io { detail: error.to_string().into() }
}

fn of_one(error: &(dyn Error + 'static)) -> Option<Cause> {
    if let Some(Ended(cause)) = error.downcast_ref() {
        return Some(cause.clone());
    }
    if error.is::<NotResolved>() {
        return Some(Cause::NameNotResolved);
    }
    if error.is::<tokio::time::error::Elapsed>() {
        return Some(Cause::ConnectTimeout);
    }
    if let Some(error) = error.downcast_ref::<tokio_rustls::rustls::Error>() {
        return Some(of_tls(error));
    }
    if let Some(error) = error.downcast_ref::<hyper::Error>() {
        if error.is_incomplete_message() || error.is_body_write_aborted() {
            return Some(Cause::Truncated);
        }
        if error.is_parse() || error.is_parse_too_large() {
            return Some(Cause::NotHttp { detail: error.to_string().into() });
        }
    }
    let io = error.downcast_ref::<io::Error>()?;
    match io.kind() {
        io::ErrorKind::ConnectionRefused => Some(Cause::ConnectionRefused),
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe => Some(Cause::ConnectionReset),
        io::ErrorKind::TimedOut => Some(Cause::ConnectTimeout),
        io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::NetworkDown
        | io::ErrorKind::AddrNotAvailable => Some(Cause::NoRoute),
        io::ErrorKind::UnexpectedEof => Some(Cause::Truncated),
        // Wrapped: look at what is inside.
        _ if io.get_ref().is_some() => None,
        _ => Some(Cause::Io { detail: io.to_string().into() }),
    }
}

fn of_tls(error: &tokio_rustls::rustls::Error) -> Cause {
    use tokio_rustls::rustls::{CertificateError, Error};
    let detail = match error {
        Error::InvalidCertificate(problem) => match problem {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired",
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "it is not valid yet"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "it is for another name"
            }
            CertificateError::UnknownIssuer => "its issuer is unknown to this system",
            // An authority that was made anew under its old name, too.
            CertificateError::BadSignature => "the authority that it names has not signed it",
            CertificateError::Revoked => "it was revoked",
            CertificateError::Other(other) if is_authority(other) => {
                "it is an authority's certificate and not a server's, as a plain openssl req -x509 \
                 makes it; make one with basicConstraints = CA:FALSE"
            }
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
                "it is not for a server"
            }
            CertificateError::BadEncoding => "it is malformed",
            // rustls's own words for these are for programmers.
            _ => "it is not in order; openssl s_client -connect HOST:PORT says more",
        },
        other => return Cause::Tls { detail: other.to_string().into() },
    };
    Cause::Certificate { detail: detail.into() }
}

fn is_authority(error: &OtherError) -> bool {
    matches!(error.0.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio_rustls::rustls::{self, CertificateError};

    use super::*;

    #[test]
    fn a_cause_is_found_inside_what_wraps_it() {
        let inner = io::Error::from(io::ErrorKind::ConnectionReset);
        let wrapped = io::Error::other(TransportError::new(io::Error::other(inner)));
        assert_eq!(of_chain(&wrapped), Cause::ConnectionReset);
        assert_eq!(of_chain(&io::Error::other(NotResolved)), Cause::NameNotResolved);
        let tls = tokio_rustls::rustls::Error::InvalidCertificate(
            tokio_rustls::rustls::CertificateError::Expired,
        );
        let cause = of_chain(&io::Error::new(io::ErrorKind::InvalidData, tls));
        assert_eq!(cause, Cause::Certificate { detail: "it has expired".into() });
        let other = CertificateError::Other(OtherError(Arc::new(webpki::Error::CaUsedAsEndEntity)));
        let Cause::Certificate { detail } = of_tls(&rustls::Error::InvalidCertificate(other))
        else {
            panic!()
        };
        assert!(detail.contains("CA:FALSE"), "{detail}");
    }
}
