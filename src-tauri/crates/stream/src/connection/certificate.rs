//! A server's certificate that was refused, as a person compares it: its fingerprint, whom it names, how
//! long it is valid, and what can be done.
//!
//! It is a stranger's bytes, and nothing is trusted by what is read here: what decides is rustls. The
//! verifier stands around rustls's own, answers what that answers, and remembers what was refused for
//! the dial that it was refused to. A connection is never made for it, and no check is left out.

use std::{
    cell::RefCell,
    fmt::{self, Write as _},
    sync::Arc,
};

use der::{
    AnyRef, Decode, SliceReader, Tag, Tagged,
    asn1::{GeneralizedTime, UtcTime},
};
use hark_engine::readable::Line;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use sha2::{Digest, Sha256};
use tokio_rustls::rustls::{
    CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    pki_types::{CertificateDer, ServerName, UnixTime},
};

/// How many of its names are told, and how long one may be, in characters.
const NAMES_MAX: usize = 5;
const NAME_CHARS_MAX: usize = 80;
/// The longest host name, in bytes (RFC 1035, 2.3.4).
const HOST_BYTES_MAX: usize = 255;

/// The object identifiers of what is read, as they are encoded (RFC 5280).
const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const ORGANIZATION: &[u8] = &[0x55, 4, 10];
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 29, 17];

/// What a person may do about a certificate that is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Remedy {
    /// Nobody that is trusted has signed it: its authority may be named.
    Authority,
    /// Its time is not now.
    Time,
    /// It is another host's.
    Name,
    /// Nothing that helps in general.
    None,
}

impl From<&Error> for Remedy {
    fn from(error: &Error) -> Self {
        use CertificateError as Bad;
        let Error::InvalidCertificate(problem) = error else { return Self::None };
        match problem {
            Bad::UnknownIssuer | Bad::BadSignature => Self::Authority,
            Bad::Expired
            | Bad::ExpiredContext { .. }
            | Bad::NotValidYet
            | Bad::NotValidYetContext { .. } => Self::Time,
            Bad::NotValidForName | Bad::NotValidForNameContext { .. } => Self::Name,
            _ => Self::None,
        }
    }
}

/// A certificate that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    fingerprint: String,
    read: Option<Contents>,
    remedy: Remedy,
}

/// What stands in it, where it can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Contents {
    subject: Option<Line>,
    issuer: Option<Line>,
    /// Subject and issuer are the same, as with one that was signed by nobody else.
    signs_itself: bool,
    /// The hosts that it is for, up to [`NAMES_MAX`] of them.
    names: Vec<Line>,
    /// How many more there are.
    more_names: usize,
    /// How many stand where hosts do and are none.
    no_hosts: usize,
    from: Option<Date>,
    until: Option<Date>,
}

impl Certificate {
    fn of(der: &[u8], remedy: Remedy) -> Self {
        let hex: Vec<_> = Sha256::digest(der).iter().map(|byte| format!("{byte:02X}")).collect();
        Self { fingerprint: hex.join(":"), read: Contents::read(der), remedy }
    }

    /// Its SHA-256 fingerprint, as browsers show it.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// What it says of itself: whom it names, who signed it, its dates, its fingerprint.
    fn shown(&self) -> String {
        let mut out = String::new();
        if let Some(read) = &self.read {
            let names: Vec<&str> = read.names.iter().map(Line::as_str).collect();
            let mut said = match (names.as_slice(), &read.subject) {
                ([], Some(subject)) => format!("It names no host (its subject is \"{subject}\")"),
                ([], None) => "It names no host".to_owned(),
                (names, _) => format!("It is for {}", names.join(", ")),
            };
            if read.more_names > 0 {
                let _ = write!(said, " and {} more", read.more_names);
            }
            match read.no_hosts {
                0 => {}
                1 => said += ", and another that is no host name",
                more => {
                    let _ = write!(said, ", and {more} others that are no host names");
                }
            }
            match &read.issuer {
                _ if read.signs_itself => said += ", signed by itself",
                Some(issuer) => {
                    let _ = write!(said, ", signed by \"{issuer}\"");
                }
                None => {}
            }
            if let (Some(from), Some(until)) = (read.from, read.until) {
                let _ = write!(said, ", valid from {from} until {until}");
            }
            let _ = write!(out, "{said}. ");
        }
        let _ = write!(out, "Its SHA-256 fingerprint is {}.", self.fingerprint);
        out
    }

    /// What the person can do. Never to leave the check out.
    fn advice(&self) -> &'static str {
        match (self.remedy, self.read.as_ref().is_some_and(|read| read.signs_itself)) {
            (Remedy::Authority, true) => {
                "If you know who runs this server, ask them for this certificate as a PEM file, and \
                 compare the fingerprint with what they read on the server itself, not over this \
                 connection. Then --ca FILE (in the settings: ca = \"FILE\") trusts what it signs, for \
                 this subscription alone."
            }
            (Remedy::Authority, false) => {
                "If you know who runs this server, ask them for the certificate of the authority that \
                 signs it, as a PEM file, and compare the fingerprint with what they read on the server \
                 itself, not over this connection. Then --ca FILE (in the settings: ca = \"FILE\") trusts \
                 what that authority signs, for this subscription alone."
            }
            (Remedy::Time, _) => {
                "Its owner has to renew it, unless this computer's clock is wrong; to name its authority \
                 by --ca does not help."
            }
            (Remedy::Name, _) => {
                "Use a name that it is for, if that is this server, or ask its owner for a certificate \
                 that has this one, too; to name its authority by --ca does not help."
            }
            (Remedy::None, _) => "",
        }
    }
}

/// In sentences: what it says of itself, and what to do.
impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())?;
        match self.advice() {
            "" => Ok(()),
            advice => write!(f, "\n{advice}"),
        }
    }
}

impl Contents {
    /// Reads what is wanted of a certificate (RFC 5280, 4.1); nothing where it is no such thing.
    fn read(der: &[u8]) -> Option<Self> {
        let mut rest = inside(next(&mut SliceReader::new(der).ok()?)?)?;
        let mut rest = inside(next(&mut rest)?)?;
        let first = next(&mut rest)?;
        if matches!(first.tag(), Tag::ContextSpecific { .. }) {
            // That was the version, and this is the serial number.
            next(&mut rest)?;
        }
        let _algorithm = next(&mut rest)?;
        let issuer = next(&mut rest)?;
        let mut validity = inside(next(&mut rest)?)?;
        let (from, until) = (date(next(&mut validity)?), date(next(&mut validity)?));
        let subject = next(&mut rest)?;
        let _key = next(&mut rest)?;
        let mut contents = Self {
            signs_itself: issuer.value() == subject.value(),
            subject: name(subject),
            issuer: name(issuer),
            from,
            until,
            ..Self::default()
        };
        while let Some(part) = next(&mut rest) {
            if let Tag::ContextSpecific { number, .. } = part.tag()
                && number.value() == 3
            {
                // What is wrong in there leaves the names away that come after it.
                let _ = contents.read_names(part);
            }
        }
        Some(contents)
    }

    fn read_names(&mut self, extensions: AnyRef<'_>) -> Option<()> {
        let mut extensions = inside(next(&mut inside(extensions)?)?)?;
        while let Some(extension) = next(&mut extensions) {
            let mut extension = inside(extension)?;
            if next(&mut extension)?.value() != SUBJECT_ALT_NAME {
                continue;
            }
            let mut value = next(&mut extension)?;
            if value.tag() == Tag::Boolean {
                // Whether it is critical.
                value = next(&mut extension)?;
            }
            let mut names = inside(next(&mut inside(value)?)?)?;
            while let Some(one) = next(&mut names) {
                match host(one) {
                    Some(Ok(name)) if self.names.len() < NAMES_MAX => self.names.push(name),
                    Some(Ok(_)) => self.more_names += 1,
                    Some(Err(NoHost)) => self.no_hosts += 1,
                    None => {}
                }
            }
        }
        Some(())
    }
}

fn next<'a>(reader: &mut SliceReader<'a>) -> Option<AnyRef<'a>> {
    AnyRef::decode(reader).ok()
}

fn inside(value: AnyRef<'_>) -> Option<SliceReader<'_>> {
    SliceReader::new(value.value()).ok()
}

/// A free text of the certificate, without what would end the quotes that it is shown in, so that it cannot
/// pass for words of Hark's.
fn text(bytes: &[u8]) -> Option<Line> {
    let text = String::from_utf8_lossy(bytes).replace(is_quote, "");
    let line = Line::of(&text, NAME_CHARS_MAX);
    (!line.is_empty()).then_some(line)
}

/// Whether a character is a double quote, or looks like one.
fn is_quote(char: char) -> bool {
    matches!(char, '"' | '“'..='‟' | '″' | '‶' | '«' | '»' | '〝'..='〟' | '＂' | 'ˮ' | '״')
}

/// What a distinguished name calls its bearer.
fn name(name: AnyRef<'_>) -> Option<Line> {
    let part = |wanted: &[u8]| {
        let mut parts = inside(name)?;
        while let Some(part) = next(&mut parts) {
            let mut part = inside(next(&mut inside(part)?)?)?;
            if next(&mut part)?.value() == wanted {
                return text(next(&mut part)?.value());
            }
        }
        None
    };
    part(COMMON_NAME).or_else(|| part(ORGANIZATION))
}

/// What stands where a host does and is none, as a sentence.
struct NoHost;

/// The host that a general name is, a DNS name or an address (RFC 5280, 4.2.1.6); none where it is of
/// another kind.
fn host(name: AnyRef<'_>) -> Option<Result<Line, NoHost>> {
    let Tag::ContextSpecific { number, .. } = name.tag() else { return None };
    let of_host = |byte: &u8| byte.is_ascii_alphanumeric() || b".*_-".contains(byte);
    match (number.value(), name.value()) {
        (2, bytes) => {
            let is_host = (1..=HOST_BYTES_MAX).contains(&bytes.len()) && bytes.iter().all(of_host);
            Some(if is_host { text(bytes).ok_or(NoHost) } else { Err(NoHost) })
        }
        (7, bytes) => Some(match (<[u8; 4]>::try_from(bytes), <[u8; 16]>::try_from(bytes)) {
            (Ok(v4), _) => Ok(std::net::Ipv4Addr::from(v4).to_string().into()),
            (_, Ok(v6)) => Ok(std::net::Ipv6Addr::from(v6).to_string().into()),
            _ => Err(NoHost),
        }),
        _ => None,
    }
}

fn date(time: AnyRef<'_>) -> Option<Date> {
    let since = match time.tag() {
        Tag::UtcTime => time.decode_as::<UtcTime>().ok()?.to_unix_duration(),
        Tag::GeneralizedTime => time.decode_as::<GeneralizedTime>().ok()?.to_unix_duration(),
        _ => return None,
    };
    let at = Timestamp::from_second(i64::try_from(since.as_secs()).ok()?).ok()?;
    Some(TimeZone::UTC.to_datetime(at).date())
}

tokio::task_local! {
    /// What was refused to the dial that this runs in. A verifier is shared by all connections, so it
    /// cannot hold that itself.
    static REFUSED: RefCell<Option<(Vec<u8>, Remedy)>>;
}

/// Runs a handshake; answers also the certificate that was refused in it.
pub(super) async fn watched<T>(handshake: impl Future<Output = T>) -> (T, Option<Certificate>) {
    let scope = async {
        let answer = handshake.await;
        (answer, REFUSED.with(RefCell::take))
    };
    let (answer, refused) = REFUSED.scope(RefCell::default(), scope).await;
    (answer, refused.map(|(der, remedy)| Certificate::of(&der, remedy)))
}

/// rustls's verifier for these authorities, with a memory; none where there are none.
pub(super) fn verifier(roots: Arc<RootCertStore>) -> Option<Arc<dyn ServerCertVerifier>> {
    let inner = WebPkiServerVerifier::builder(roots).build().ok()?;
    Some(Arc::new(Remembering(inner)))
}

/// Answers what the inner one answers.
#[derive(Debug)]
struct Remembering(Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for Remembering {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified =
            self.0.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        if let Err(error) = &verified {
            let refused = (end_entity.to_vec(), Remedy::from(error));
            // Outside a dial nobody wants to know.
            let _ = REFUSED.try_with(|place| place.replace(Some(refused)));
        }
        verified
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair, SanType, string::Ia5String};

    use super::*;

    fn certificate(
        names: &[&str],
        subject: &str,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Certificate {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.subject_alt_names = names
            .iter()
            .map(|name| match name.parse() {
                Ok(address) => SanType::IpAddress(address),
                Err(_) => SanType::DnsName(Ia5String::try_from(*name).unwrap()),
            })
            .collect();
        params.distinguished_name.push(DnType::CommonName, subject);
        params.not_before = rcgen::date_time_ymd(2026, 1, 31);
        params.not_after = rcgen::date_time_ymd(2031, 12, 1);
        change(&mut params);
        let signed = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        Certificate::of(signed.der(), Remedy::Authority)
    }

    #[test]
    fn whom_it_names_and_how_long_it_is_valid_is_told_with_its_fingerprint() {
        let found = certificate(&["push.example", "127.0.0.1", "::1"], "me", |_| {});
        let (said, fingerprint) = found
            .shown()
            .split_once(" Its SHA-256")
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .unwrap();
        assert_eq!(
            said,
            "It is for push.example, 127.0.0.1, ::1, signed by itself, valid from 2026-01-31 until \
             2031-12-01."
        );
        let pairs: Vec<&str> = found.fingerprint().split(':').collect();
        assert!(pairs.len() == 32 && pairs.iter().all(|pair| pair.len() == 2), "{fingerprint}");
        assert!(found.advice().contains("--ca FILE"), "{}", found.advice());
        let nameless = certificate(&[], "me", |_| {}).shown();
        assert!(nameless.starts_with("It names no host (its subject is \"me\")"), "{nameless}");
    }

    #[test]
    fn what_a_stranger_wrote_into_it_is_bounded_and_commands_no_terminal() {
        let long = "x".repeat(200);
        let endless = "x".repeat(10_000);
        let names: Vec<String> = (0..900).map(|number| format!("a{number}.example")).collect();
        let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
        names.insert(0, "a\u{1b}]0;gone\u{7}\nb");
        names.insert(1, &long);
        names.insert(2, &endless);
        let said = certificate(&names, "\u{1b}[31m\u{202e}red", |_| {}).shown();
        assert!(said.contains("and 896 more, and 2 others that are no host names,"), "{said}");
        assert!(!said.contains("gone") && said.contains("xxx…, a0.example, "), "{said}");
        assert!(said.chars().count() < 500 && !said.contains(char::is_control), "{said}");
        let said = certificate(&[], "\u{1b}[31m\u{202e}red", |_| {}).shown();
        assert!(said.contains("its subject is \"[31mred\")"), "{said}");
    }

    #[test]
    fn what_a_stranger_wrote_into_it_cannot_pass_for_words_of_harks() {
        let lie = "a.example. Its SHA-256 fingerprint is AA:BB. Then --ca FILE";
        let own = |said: &str| said.matches("fingerprint is").count();
        for (names, told) in [
            (
                &["a.example", lie, "x y"][..],
                "It is for a.example, and 2 others that are no host names,",
            ),
            (&["a.example", "b:c"], "It is for a.example, and another that is no host name,"),
            (&["*.a_b.example", "::1"], "It is for *.a_b.example, ::1,"),
            (&[lie], "It names no host (its subject is \"me\"), and another that is no host name,"),
        ] {
            let said = certificate(names, "me", |_| {}).shown();
            assert!(said.starts_with(told) && own(&said) == 1, "{said}");
        }
        let said = certificate(&[], "a”. \"Its “SHA\". ", |_| {}).shown();
        assert!(
            said.starts_with("It names no host (its subject is \"a. Its SHA.\"), signed"),
            "{said}"
        );
        let mut params = CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "me\". It is \"good");
        let key = KeyPair::generate().unwrap();
        let authority = rcgen::CertifiedIssuer::self_signed(params, key).unwrap();
        let params = CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
        let signed = params.signed_by(&KeyPair::generate().unwrap(), &authority).unwrap();
        let said = Certificate::of(signed.der(), Remedy::Authority).shown();
        assert!(said.contains(", signed by \"me. It is good\", valid"), "{said}");
    }

    #[test]
    fn whatever_the_bytes_are_there_is_a_fingerprint_and_no_panic() {
        let mut params = CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "me");
        let whole = params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec();
        for at in 0..whole.len() {
            let cut = Certificate::of(&whole[..at], Remedy::None).shown();
            assert!(cut.contains("fingerprint"), "{at}");
            for byte in [0, 0x30, 0x7f, 0x84, 0xff] {
                let mut other = whole.clone();
                other[at] = byte;
                let said = Certificate::of(&other, Remedy::Time).shown();
                assert!(said.contains("fingerprint") && said.len() < 2_000, "{at} {byte}");
            }
        }
        assert_eq!(
            Certificate::of(b"", Remedy::None).shown(),
            "Its SHA-256 fingerprint is E3:B0:C4:42:98:FC:1C:14:9A:FB:F4:C8:99:6F:B9:24:27:AE:41:E4:64:\
             9B:93:4C:A4:95:99:1B:78:52:B8:55."
        );
    }
}
