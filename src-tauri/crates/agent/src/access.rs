//! How a subscription's server is asked: its URL with credentials, proxy and certificates.

use std::{
    future::Future,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use hark_engine::failure::Cause;
use tokio_rustls::rustls::ClientConfig;

use crate::{
    secrets::{self, Printed},
    settings::{ClientCertificate, Subscription},
    sse::{Ask, Via, tls_config},
};

/// The access to one subscription's server. Clones share what is held between dials.
#[derive(Clone)]
pub struct Access {
    subscription: Arc<Subscription>,
    printed: Printed,
    /// Of own certificates, read once until the server refuses.
    tls: Arc<Mutex<Option<Arc<ClientConfig>>>>,
}

impl Access {
    /// For this subscription.
    #[must_use]
    pub fn new(subscription: Subscription) -> Self {
        Self {
            subscription: Arc::new(subscription),
            printed: Printed::default(),
            tls: Arc::default(),
        }
    }

    /// What to ask, without a cursor; an error where a credential or a certificate cannot be read.
    pub fn ask(&self) -> impl Future<Output = Result<Ask, Cause>> + Send + 'static {
        let access = self.clone();
        async move {
            let headers = secrets::headers(&access.subscription, &access.printed).await?;
            let proxy = access.subscription.proxy.clone();
            let via = Via { proxy, tls: access.own_tls()?, wire: None };
            Ok(Ask { headers, via, ..Ask::get(access.subscription.url.clone()) })
        }
    }

    /// The server took what was sent.
    pub fn taken(&self) {
        self.printed.taken();
    }

    /// The server refused: what may have expired is read again. Answers whether a credential was good
    /// before and may be another next time, so that it is worth a dial now.
    #[must_use]
    pub fn refused(&self) -> bool {
        *self.tls.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.printed.forget()
    }

    fn own_tls(&self) -> Result<Option<Arc<ClientConfig>>, Cause> {
        let Subscription { ca, client_certificate, .. } = &*self.subscription;
        if ca.is_none() && client_certificate.is_none() {
            return Ok(None);
        }
        let mut held = self.tls.lock().unwrap_or_else(PoisonError::into_inner);
        if held.is_none() {
            let client =
                client_certificate.as_ref().map(|ClientCertificate { certificate, key }| {
                    (certificate.as_path(), key.as_path())
                });
            let config = tls_config(ca.as_ref().map(PathBuf::as_path), client)
                .map_err(|error| Cause::Credential { detail: error.to_string().into() })?;
            *held = Some(Arc::new(config));
        }
        Ok(held.clone())
    }
}
