//! What answered on the way to a stream or to a refusal: the head of each response, redirects too.
//!
//! A dial writes it down and reads nothing of it.

use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, Response, StatusCode, Version};
use tokio::time::Instant;
use url::Url;

/// The head of one response.
#[derive(Clone, Debug)]
pub struct Head {
    /// Where it was asked for.
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

/// Where heads are noted; keeps nothing unless it was made by [`Trail::kept`]. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Trail(Option<Arc<Mutex<Vec<Head>>>>);

impl Trail {
    /// A trail that is kept.
    #[must_use]
    pub fn kept() -> Self {
        Self(Some(Arc::default()))
    }

    /// What was noted so far, in order.
    #[must_use]
    pub fn heads(&self) -> Vec<Head> {
        let Some(heads) = &self.0 else { return Vec::new() };
        heads.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn note<B>(&self, url: &Url, response: &Response<B>) {
        let Some(heads) = &self.0 else { return };
        heads.lock().unwrap_or_else(PoisonError::into_inner).push(Head {
            url: url.clone(),
            status: response.status(),
            version: response.version(),
            headers: response.headers().clone(),
            at: Instant::now(),
        });
    }
}
