//! The authorities that the system trusts: read once for all connections, since they cost memory, and
//! again when that may have become wrong.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use hark_engine::failure::Cause;
use hark_platform::aside::{Aside, FILE_TIMEOUT};
use tokio_rustls::rustls::{
    ClientConfig, ConfigBuilder, RootCertStore, client::WantsClientCert, pki_types::CertificateDer,
};

use super::certificate;

/// They are read again after a certificate was refused, at most this often: a thousand links may be refused
/// at once.
const REREAD_REFUSED: Duration = Duration::from_secs(10);
/// They are also read again this often, as an authority may be trusted no longer.
const REREAD: Duration = Duration::from_secs(3600);

/// The configuration that all connections share.
struct Held {
    config: Arc<ClientConfig>,
    /// A hash of the certificates that it was made of.
    hash: u64,
    read: Instant,
    /// Whether it has refused a certificate since.
    refused: bool,
}

static HELD: Mutex<Option<Held>> = Mutex::new(None);
static ASIDE: LazyLock<Aside> = LazyLock::new(Aside::default);

fn held() -> MutexGuard<'static, Option<Held>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Held {
    fn is_fresh(&self) -> bool {
        let age = self.read.elapsed();
        age < REREAD_REFUSED || (!self.refused && age < REREAD)
    }
}

/// The configuration for the system's authorities.
///
/// # Errors
/// [`Cause::Tls`] where they cannot be read in time, and never were.
pub(super) async fn shared() -> Result<Arc<ClientConfig>, Cause> {
    if let Some(held) = held().as_ref().filter(|held| held.is_fresh()) {
        return Ok(held.config.clone());
    }
    match ASIDE.within(FILE_TIMEOUT, reread).await {
        Ok(config) => Ok(config),
        // Authorities of an hour ago are better than none.
        Err(slow) => held().as_ref().map(|held| held.config.clone()).ok_or_else(|| Cause::Tls {
            detail: format!("the system's certificates could not be read: {slow}").into(),
        }),
    }
}

/// Notes that they refused a certificate.
pub(super) fn refused() {
    if let Some(held) = held().as_mut() {
        held.refused = true;
    }
}

/// Reads them, unless another has while this one waited.
fn reread() -> Arc<ClientConfig> {
    if let Some(held) = held().as_ref().filter(|held| held.is_fresh()) {
        return held.config.clone();
    }
    let found = load();
    let mut hasher = DefaultHasher::new();
    found.hash(&mut hasher);
    let hash = hasher.finish();
    let mut held = held();
    // Open connections keep their configuration; if nothing has changed, it stays the only one.
    let same = held.as_ref().filter(|held| held.hash == hash).map(|held| held.config.clone());
    let config = same.unwrap_or_else(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(found);
        Arc::new(trusting(roots).with_no_client_auth())
    });
    *held = Some(Held { config: config.clone(), hash, read: Instant::now(), refused: false });
    config
}

/// A configuration that trusts these authorities and no others.
pub(super) fn trusting(roots: RootCertStore) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    let roots = Arc::new(roots);
    match certificate::verifier(roots.clone()) {
        Some(verifier) => {
            ClientConfig::builder().dangerous().with_custom_certificate_verifier(verifier)
        }
        // There are none, and nothing is trusted.
        None => ClientConfig::builder().with_root_certificates(roots),
    }
}

/// The system's authorities. Blocks as long as its disk does.
pub(super) fn store() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(load());
    roots
}

fn load() -> Vec<CertificateDer<'static>> {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!("a system certificate could not be read: {error}");
    }
    found.certs
}
