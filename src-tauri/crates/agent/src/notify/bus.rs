//! The one D-Bus connection over which notifications are sent (Desktop Notifications Specification
//! 1.2). One for good: servers drop notifications whose sender has left, and send clicks to it alone.

use std::{collections::HashMap, time::Duration};

use futures_util::{Stream, StreamExt, stream};
use hark_api::Notifications;
use notify_rust::{Hint, Notification};
use tokio::{sync::mpsc, time::timeout};
use zbus::{Connection, fdo::DBusProxy, proxy, zvariant::Value};

/// A server that does not answer within this is taken for absent.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);
const NAME: &str = "org.freedesktop.Notifications";
/// What was said and not heard yet; later words are lost, and a notification that is gone is taken for
/// one that is still there.
const SAID_MAX: usize = 4096;

#[proxy(
    interface = "org.freedesktop.Notifications",
    default_service = "org.freedesktop.Notifications",
    default_path = "/org/freedesktop/Notifications"
)]
trait Server {
    #[allow(clippy::too_many_arguments)]
    fn notify(
        &self,
        app_name: &str,
        replaces_id: u32,
        app_icon: &str,
        summary: &str,
        body: &str,
        actions: &[&str],
        hints: HashMap<&str, Value<'_>>,
        expire_timeout: i32,
    ) -> zbus::Result<u32>;
    fn close_notification(&self, id: u32) -> zbus::Result<()>;
    fn get_capabilities(&self) -> zbus::Result<Vec<String>>;
    fn get_server_information(&self) -> zbus::Result<(String, String, String, String)>;
    #[zbus(signal)]
    fn action_invoked(&self, id: u32, action_key: &str) -> zbus::Result<()>;
    #[zbus(signal)]
    fn notification_closed(&self, id: u32, reason: u32) -> zbus::Result<()>;
}

/// What the server, or the bus about it, says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Another server took the name, or none has it.
    Owner(bool),
    /// The person clicked.
    Clicked(u32),
    /// A notification is gone.
    Closed(u32),
}

/// Why a notification was not acknowledged.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// The server is there and refuses this notification.
    #[error("The notification server refused it: {0}.")]
    Refused(String),
    /// The bus says no.
    #[error("The notification server could not be reached: {0}.")]
    Bus(zbus::Error),
    /// No answer.
    #[error("The notification server did not answer within {} seconds.", CALL_TIMEOUT.as_secs())]
    TimedOut,
}

impl From<zbus::Error> for BusError {
    fn from(error: zbus::Error) -> Self {
        // What the bus itself answers where nobody has the name, or who has it went away.
        const ABSENT: &str = "org.freedesktop.DBus.Error.";
        match &error {
            zbus::Error::MethodError(name, text, _) if !name.starts_with(ABSENT) => {
                Self::Refused(text.clone().unwrap_or_else(|| name.to_string()))
            }
            _ => Self::Bus(error),
        }
    }
}

/// See the module.
pub struct Bus {
    server: ServerProxy<'static>,
    bus: DBusProxy<'static>,
}

impl Bus {
    /// Connects to the session bus. Answers also what will be said on it.
    ///
    /// # Errors
    /// Where there is no session bus.
    pub async fn connect() -> Result<(Self, mpsc::Receiver<Said>), BusError> {
        let connect = async {
            let connection = Connection::session().await?;
            let server = ServerProxy::builder(&connection)
                .cache_properties(zbus::proxy::CacheProperties::No)
                .build()
                .await?;
            let bus = DBusProxy::new(&connection).await?;
            let owners = bus.receive_name_owner_changed_with_args(&[(0, NAME)]).await?.filter_map(
                |signal| async move {
                    let args = signal.args().ok()?;
                    Some(Said::Owner(args.new_owner().is_some()))
                },
            );
            let clicks = server.receive_action_invoked().await?.filter_map(|signal| async move {
                let args = signal.args().ok()?;
                (*args.action_key() == "default").then(|| Said::Clicked(*args.id()))
            });
            let closes = server
                .receive_notification_closed()
                .await?
                .filter_map(|signal| async move { Some(Said::Closed(*signal.args().ok()?.id())) });
            let said =
                stream::select(owners.boxed(), stream::select(clicks.boxed(), closes.boxed()));
            Ok((Self { server, bus }, heard(said)))
        };
        timeout(CALL_TIMEOUT, connect).await.unwrap_or(Err(BusError::TimedOut))
    }

    /// Asks the server who it is, and the bus for its name there, which no other one ever has. Starts
    /// one where the bus can.
    ///
    /// # Errors
    /// Where none answers.
    pub async fn ask(&self) -> Result<(Notifications, String), BusError> {
        let ask = async {
            let (name, _, version, _) = self.server.get_server_information().await?;
            let capabilities = self.server.get_capabilities().await?;
            let name_there = NAME.try_into().map_err(zbus::Error::from)?;
            let owner = self.bus.get_name_owner(name_there).await.map_err(zbus::Error::from)?;
            let server = Some(format!("{name} {version}"));
            Ok((Notifications { server, capabilities }, owner.to_string()))
        };
        timeout(CALL_TIMEOUT, ask).await.unwrap_or(Err(BusError::TimedOut))
    }

    /// Shows a notification, in the place of an earlier one where that is still there; answers the
    /// server's number for it.
    ///
    /// # Errors
    /// Where the server does not acknowledge it in time. It may still have been shown.
    pub async fn show(
        &self,
        notification: &Notification,
        earlier: Option<u32>,
    ) -> Result<u32, BusError> {
        let actions: Vec<&str> = notification.actions.iter().map(String::as_str).collect();
        let hints = notification.hints.iter().filter_map(hint).collect();
        let call = self.server.notify(
            &notification.appname,
            // No notification has this number.
            earlier.unwrap_or(0),
            &notification.icon,
            &notification.summary,
            &notification.body,
            &actions,
            hints,
            notification.timeout.into(),
        );
        Ok(timeout(CALL_TIMEOUT, call).await.map_err(|_| BusError::TimedOut)??)
    }

    /// Closes a notification.
    ///
    /// # Errors
    /// Where the server does not answer, or has none of that number any more.
    pub async fn close(&self, id: u32) -> Result<(), BusError> {
        let call = self.server.close_notification(id);
        Ok(timeout(CALL_TIMEOUT, call).await.map_err(|_| BusError::TimedOut)??)
    }
}

/// Keeps what is said until it is heard. A signal that waits in the connection keeps every answer behind
/// it from coming, and who waits for that answer hears no signal.
fn heard(mut said: impl Stream<Item = Said> + Unpin + Send + 'static) -> mpsc::Receiver<Said> {
    let (keep, kept) = mpsc::channel(SAID_MAX);
    tokio::spawn(async move {
        while let Some(said) = said.next().await {
            if let Err(mpsc::error::TrySendError::Closed(_)) = keep.try_send(said) {
                return;
            }
        }
    });
    kept
}

/// The hints that our toasts bear, as the bus wants them.
fn hint(hint: &Hint) -> Option<(&'static str, Value<'_>)> {
    match hint {
        Hint::DesktopEntry(entry) => Some(("desktop-entry", Value::from(entry.as_str()))),
        Hint::Urgency(urgency) => Some(("urgency", Value::from(*urgency as u8))),
        Hint::SoundName(name) => Some(("sound-name", Value::from(name.as_str()))),
        Hint::SuppressSound(quiet) => Some(("suppress-sound", Value::from(*quiet))),
        _ => None,
    }
}
