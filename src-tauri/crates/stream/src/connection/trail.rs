//! What answered on the way to a stream or to a refusal: the head of each response, redirects too.
//!
//! Also the way that the connection takes, how it is secured, how much has come on it, and a certificate that was
//! refused. A connection writes the
//! trail and never reads it. Who dials reads it afterwards: the driver, the probe and the doctor, to tell
//! what a refusal is.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use http::{HeaderMap, Response, StatusCode, Version};
use tokio::time::Instant;
use url::Url;

use super::Certificate;

/// How many heads are kept: those of one dial with all its redirects.
const HEADS_MAX: usize = 16;

/// The head of one response.
#[derive(Clone, Debug)]
pub struct Head {
    /// The URL that was asked.
    pub url: Url,
    /// Its status.
    pub status: StatusCode,
    /// The version that the server speaks.
    pub version: Version,
    /// Its headers.
    pub headers: HeaderMap,
    /// When it had come.
    pub at: Instant,
}

/// The way that a connection takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// The address of this machine that it comes from.
    pub local: IpAddr,
    /// Where it goes: the server, or the proxy before it.
    pub peer: SocketAddr,
    /// Whether that is a proxy.
    pub is_proxied: bool,
}

/// Where that is noted; keeps nothing unless it was made by [`Trail::kept`]. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Trail(Option<Arc<Mutex<Notes>>>);

#[derive(Debug, Default)]
struct Notes {
    connected: bool,
    route: Option<Route>,
    tls: Option<&'static str>,
    /// What has come since the latest response's head. Bytes.
    received: u64,
    heads: Vec<Head>,
    distrusted: Option<Certificate>,
}

impl Trail {
    /// A trail that is kept.
    #[must_use]
    pub fn kept() -> Self {
        Self(Some(Arc::default()))
    }

    /// The latest heads, in order.
    #[must_use]
    pub fn heads(&self) -> Vec<Head> {
        self.notes().map_or_else(Vec::new, |notes| notes.heads.clone())
    }

    /// Whether a server took a connection, so that it could be asked.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.notes().is_some_and(|notes| notes.connected)
    }

    /// The way of the latest connection, where it goes over the network.
    #[must_use]
    pub fn route(&self) -> Option<Route> {
        self.notes().and_then(|notes| notes.route)
    }

    /// The TLS version of the latest connection, e.g. `TLS 1.3`; none where it has none.
    #[must_use]
    pub fn tls(&self) -> Option<&'static str> {
        self.notes().and_then(|notes| notes.tls)
    }

    /// How much of the stream has come. Bytes of the body, without what HTTP and TLS add.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.notes().map_or(0, |notes| notes.received)
    }

    /// Whether this and that are the same trail.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }

    /// The server's certificate, where the latest connection has failed for it.
    #[must_use]
    pub fn certificate(&self) -> Option<Certificate> {
        self.notes().and_then(|notes| notes.distrusted.clone())
    }

    fn notes(&self) -> Option<MutexGuard<'_, Notes>> {
        let notes = self.0.as_ref()?;
        Some(notes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn connected(&self, route: Option<Route>) {
        if let Some(mut notes) = self.notes() {
            notes.connected = true;
            notes.route = route;
        }
    }

    pub(super) fn secured(&self, version: Option<&'static str>) {
        if let Some(mut notes) = self.notes() {
            notes.tls = version;
        }
    }

    pub(super) fn took(&self, bytes: usize) {
        if let Some(mut notes) = self.notes() {
            notes.received += bytes as u64;
        }
    }

    pub(super) fn distrusted(&self, certificate: Option<Certificate>) {
        if let Some(mut notes) = self.notes() {
            notes.distrusted = certificate;
        }
    }

    pub(super) fn answered<B>(&self, url: &Url, response: &Response<B>) {
        let Some(mut notes) = self.notes() else { return };
        notes.received = 0;
        if notes.heads.len() == HEADS_MAX {
            notes.heads.remove(0);
        }
        notes.heads.push(Head {
            url: url.clone(),
            status: response.status(),
            version: response.version(),
            headers: response.headers().clone(),
            at: Instant::now(),
        });
    }
}
