//! Windows and macOS: nobody is asked to show notifications yet.

use std::sync::Arc;

use notify_rust::Notification;

use super::{Answer, BusError, Server, Signals};
use crate::picture::Picture;

/// Where an answer was among all that came.
pub(super) type At = u64;

/// See the module.
pub struct Bus {}

impl Bus {
    /// See the module.
    ///
    /// # Errors
    /// Always.
    #[allow(clippy::unused_async, reason = "the shape of all systems")]
    pub async fn connect(_icon: &'static str) -> Result<(Self, Signals), BusError> {
        Err(absent())
    }

    /// See the module.
    ///
    /// # Errors
    /// Always.
    pub fn ask(&self) -> impl Future<Output = Result<Server, BusError>> + Send + use<> {
        std::future::ready(Err(absent()))
    }

    /// See the module.
    ///
    /// # Errors
    /// Always.
    pub fn show(
        &self,
        _server: String,
        _notification: Notification,
        _picture: Option<Arc<Picture>>,
        _replaces: Option<u32>,
    ) -> impl Future<Output = Result<Answer, BusError>> + Send + use<> {
        std::future::ready(Err(absent()))
    }

    /// See the module.
    ///
    /// # Errors
    /// Always.
    pub fn close(
        &self,
        _server: String,
        _number: u32,
    ) -> impl Future<Output = Result<(), BusError>> + Send + use<> {
        std::future::ready(Err(absent()))
    }
}

fn absent() -> BusError {
    BusError::Absent("this system's notifications are not served yet".to_owned())
}
