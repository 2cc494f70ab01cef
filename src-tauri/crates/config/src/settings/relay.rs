//! The relay, as `[relay]`: where local programs may follow what Hark receives. Off where it is not there.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use hark_local::socket::NO_PATHS;
use serde::Deserialize;
use toml_edit::{Item, Table};
use url::Url;

use super::edit::{Edit, EditError, edit, replace};

/// Where the relay listens if the person only turns it on.
pub const RELAY_LISTEN: &str = "127.0.0.1:7275";
/// How many web pages' origins may be named.
const ORIGINS_MAX: usize = 64;

/// Where the relay is, and which web pages may ask it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Given")]
pub struct Relay {
    /// Where it listens.
    pub at: RelayAt,
    /// The origins of web pages that may ask it, as a browser writes them.
    pub origins: Vec<String>,
}

/// Where the relay listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RelayAt {
    /// An address of this computer's own, for this computer alone.
    Listen(SocketAddr),
    /// A Unix socket, for its owner alone.
    Socket(PathBuf),
}

/// As it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    listen: Option<String>,
    socket: Option<String>,
    #[serde(default)]
    origins: Vec<String>,
}

impl TryFrom<Given> for Relay {
    type Error = String;

    fn try_from(given: Given) -> Result<Self, String> {
        let at = match (given.listen, given.socket) {
            (Some(listen), None) => RelayAt::Listen(read_listen(&listen)?),
            (None, Some(socket)) => RelayAt::Socket(read_socket(&socket)?),
            (None, None) => {
                return Err(format!(
                    "the relay has to be told where it listens: listen = \"{RELAY_LISTEN}\", or socket = \
                     \"/path\""
                ));
            }
            (Some(_), Some(_)) => {
                return Err("the relay has one of `listen` and `socket`, not both".to_owned());
            }
        };
        if given.origins.len() > ORIGINS_MAX {
            return Err(format!("at most {ORIGINS_MAX} origins may be named"));
        }
        let origins = given.origins.iter().map(|origin| read_origin(origin));
        Ok(Self { at, origins: origins.collect::<Result<_, _>>()? })
    }
}

/// An address that only this computer's own programs reach, as the settings and the command line write it.
///
/// # Errors
/// One sentence that says what is wrong with it.
pub fn read_listen(text: &str) -> Result<SocketAddr, String> {
    let wrong = || {
        format!(
            "{text:?} is no address to listen at; write it like \"{RELAY_LISTEN}\" or \"[::1]:7275\""
        )
    };
    let named = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    let at: SocketAddr = named.as_deref().unwrap_or(text).parse().map_err(|_| wrong())?;
    if !at.ip().is_loopback() {
        return Err(format!(
            "the relay listens for this computer alone, at 127.0.0.1 or ::1, and not at {}; a proxy of your \
             own can stand before it",
            at.ip()
        ));
    }
    if at.port() == 0 {
        return Err("the relay needs a port that stays, so that clients find it again".to_owned());
    }
    Ok(at)
}

/// Where a socket may be, as the settings and the command line write it.
///
/// # Errors
/// One sentence that says what is wrong with it.
pub fn read_socket(text: &str) -> Result<PathBuf, String> {
    if let Some(why) = NO_PATHS {
        return Err(why.to_owned());
    }
    let path = PathBuf::from(text);
    match path.is_absolute() && !text.contains('\0') {
        true => Ok(path),
        false => Err(format!("{text:?} is no whole path to a socket; it begins with /")),
    }
}

/// An origin as a browser writes it: scheme, host, and port where that is not the scheme's own.
fn read_origin(text: &str) -> Result<String, String> {
    let wrong = || {
        Err(format!(
            "{text:?} is no origin of a web page; write it as the browser does, like \
             \"https://dash.example\" or \"http://localhost:3000\""
        ))
    };
    let Ok(url) = Url::parse(text) else { return wrong() };
    let origin = url.origin();
    let written = origin.ascii_serialization();
    match origin.is_tuple() && text.trim_end_matches('/').eq_ignore_ascii_case(&written) {
        true => Ok(written),
        false => wrong(),
    }
}

/// Turns the relay on, there where it is wanted or where it was, or off.
///
/// # Errors
/// See [`EditError`].
pub fn set_relay(path: &Path, wanted: Option<Option<RelayAt>>) -> Result<Edit<()>, EditError> {
    edit(path, |document, settings| {
        let Some(at) = wanted else {
            document.remove("relay");
            return Ok(());
        };
        let at = match (at, &settings.relay) {
            (Some(at), _) => at,
            (None, Some(_)) => return Ok(()),
            (None, None) => RelayAt::Listen(SocketAddr::from(([127, 0, 0, 1], 7275))),
        };
        let relay = document.entry("relay").or_insert_with(|| Item::Table(Table::new()));
        let Some(relay) = relay.as_table_like_mut() else { return Ok(()) };
        let (name, other, value) = match &at {
            RelayAt::Listen(at) => ("listen", "socket", at.to_string()),
            RelayAt::Socket(path) => ("socket", "listen", path.display().to_string()),
        };
        relay.remove(other);
        replace(relay, name, &value);
        Ok(())
    })
}
