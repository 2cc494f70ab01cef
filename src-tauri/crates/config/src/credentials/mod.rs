//! What a dial sends to a subscription's server: its URL with credentials, proxy and certificates.

mod secrets;

use std::{
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hark_engine::failure::Cause;
use hark_platform::aside::FILE_TIMEOUT;
use hark_stream::connection::{Ask, TlsFiles, Via, tls_config};
use tokio_rustls::rustls::ClientConfig;

use crate::settings::{ClientCertificate, Subscription};
use secrets::How;

pub use secrets::SECRET_BYTES_MAX;

/// What is sent to one subscription's server. Clones share what is held between dials.
#[derive(Clone)]
pub struct Credentials {
    subscription: Arc<Subscription>,
    how: How,
    /// The TLS configuration of own certificates, read once until the server refuses.
    tls: Arc<Mutex<Option<Arc<ClientConfig>>>>,
}

impl Credentials {
    /// The credentials of this subscription.
    #[must_use]
    pub fn new(subscription: Subscription) -> Self {
        Self { subscription: Arc::new(subscription), how: How::default(), tls: Arc::default() }
    }

    /// The same, read by a process that a person waits for at a terminal: a command may ask them there, and Ctrl-C
    /// ends it, too.
    #[must_use]
    pub fn attended(subscription: Subscription) -> Self {
        let mut one = Self::new(subscription);
        one.how.is_attended = true;
        one
    }

    /// What to ask, without a cursor; an error where a credential or a certificate cannot be read.
    pub fn ask(&self) -> impl Future<Output = Result<Ask, Cause>> + Send + 'static {
        let access = self.clone();
        async move {
            let Self { subscription, how, .. } = &access;
            let headers = secrets::headers(subscription, how).await?;
            let (proxy, tls) = (subscription.proxy.clone(), access.own_tls().await?);
            let via = Via { proxy, tls, ..Via::default() };
            let limits = subscription.limits();
            Ok(Ask { headers, via, limits, ..Ask::get(subscription.url.clone()) })
        }
    }

    /// The server took what was sent.
    pub fn taken(&self) {
        self.how.printed.taken();
    }

    /// The server refused: what may have expired is read again. Answers whether a credential was good
    /// before and may be another next time, so that it is worth a dial now.
    #[must_use]
    pub fn refused(&self) -> bool {
        *self.held() = None;
        self.how.printed.forget()
    }

    async fn own_tls(&self) -> Result<Option<Arc<ClientConfig>>, Cause> {
        let Subscription { ca, client_certificate, .. } = &*self.subscription;
        if ca.is_none() && client_certificate.is_none() {
            return Ok(None);
        }
        if let Some(held) = self.held().clone() {
            return Ok(Some(held));
        }
        let client = client_certificate
            .clone()
            .map(|ClientCertificate { certificate, key }| (certificate, key));
        let files = TlsFiles { ca: ca.clone(), client };
        let wrong = |detail: String| Cause::Credential { detail: detail.into() };
        let first = files.first();
        let read = self.how.aside.within(FILE_TIMEOUT, move || tls_config(&files)).await;
        let config = read
            .map_err(|slow| wrong(format!("the file {}: {slow}", first.display())))?
            .map_err(|error| wrong(error.to_string()))?;
        let config = Arc::new(config);
        *self.held() = Some(config.clone());
        Ok(Some(config))
    }

    fn held(&self) -> MutexGuard<'_, Option<Arc<ClientConfig>>> {
        self.tls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
