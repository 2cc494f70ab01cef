//! The one D-Bus connection over which notifications are sent (Desktop Notifications Specification
//! 1.2). One for good: servers drop notifications whose sender has left, and send clicks to it alone.

use std::{collections::HashMap, time::Duration};

use futures_util::{Stream, StreamExt, stream};
use notify_rust::{Hint, Notification};
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};
use zbus::{Connection, fdo::DBusProxy, proxy, zvariant::Value};

/// How long an answer is waited for.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);
const NAME: &str = "org.freedesktop.Notifications";
/// By this name the bus itself answers.
const BUS: &str = "org.freedesktop.DBus";
/// What was said and not heard yet; later words are lost, and a notification that is gone is taken for
/// one that is still there.
const SAID_MAX: usize = 4096;

#[proxy(
    interface = "org.freedesktop.Notifications",
    default_service = "org.freedesktop.Notifications",
    default_path = "/org/freedesktop/Notifications"
)]
trait Desktop {
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
pub enum Signal {
    /// Another server took the name, or none has it.
    Owner(bool),
    /// The person clicked.
    Clicked(u32),
    /// A notification is gone.
    Closed(u32),
}

/// A notification server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Name and version, such as `dunst 1.9.0`.
    pub name: String,
    /// What it says it can do, such as `body-markup`.
    pub capabilities: Vec<String>,
    /// Its unique name on the bus, which no other one ever has.
    pub owner: String,
}

/// Why the server has not done what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BusError {
    /// It is there and refuses this one.
    #[error("The notification server refused it: {0}.")]
    Refused(String),
    /// Nobody is there: nothing was delivered.
    #[error("None could be reached: {0}.")]
    Absent(String),
    /// It had been there, and went away before it answered.
    #[error("The last one ended before it answered.")]
    Vanished,
    /// It is there and has not answered.
    #[error("The one that runs has not answered within {} seconds.", CALL_TIMEOUT.as_secs())]
    Silent,
}

impl From<zbus::Error> for BusError {
    fn from(error: zbus::Error) -> Self {
        match &error {
            zbus::Error::MethodError(name, text, message) => {
                let text = text.clone().unwrap_or_else(|| name.to_string());
                // A server may use any name of an error; where it is absent it is the bus that answers.
                let header = message.header();
                let by_bus = header.sender().is_none_or(|sender| sender.as_str() == BUS);
                of_name(name.as_str(), text, by_bus)
            }
            // What cannot be written down, or an answer that is none, concerns this one alone.
            zbus::Error::Variant(_)
            | zbus::Error::InvalidReply
            | zbus::Error::ExcessData
            | zbus::Error::InvalidField
            | zbus::Error::IncorrectEndian => Self::Refused(error.to_string()),
            _ => Self::Absent(error.to_string()),
        }
    }
}

/// What an error of this name says, told by the bus or by the server.
fn of_name(name: &str, text: String, by_bus: bool) -> BusError {
    let Some(kind) = name.strip_prefix("org.freedesktop.DBus.Error.").filter(|_| by_bus) else {
        return BusError::Refused(text);
    };
    match kind {
        // It left while the bus waited for its answer.
        "NoReply" => BusError::Vanished,
        // The last three are of a server that the bus was to start.
        "ServiceUnknown" | "NameHasNoOwner" | "Disconnected" | "NoServer" | "NoNetwork"
        | "Timeout" | "TimedOut" => BusError::Absent(text),
        kind if kind.starts_with("Spawn.") => BusError::Absent(text),
        _ => BusError::Refused(text),
    }
}

/// See the module.
pub struct Bus {
    server: DesktopProxy<'static>,
    bus: DBusProxy<'static>,
}

impl Bus {
    /// Connects to the session bus. Answers also what will be said on it.
    ///
    /// # Errors
    /// Where there is no session bus.
    pub async fn connect() -> Result<(Self, mpsc::Receiver<Signal>), BusError> {
        let connect = async {
            let connection = Connection::session().await?;
            let server = DesktopProxy::builder(&connection)
                .cache_properties(zbus::proxy::CacheProperties::No)
                .build()
                .await?;
            let bus = DBusProxy::new(&connection).await?;
            let owners = bus.receive_name_owner_changed_with_args(&[(0, NAME)]).await?.filter_map(
                |signal| async move {
                    let args = signal.args().ok()?;
                    Some(Signal::Owner(args.new_owner().is_some()))
                },
            );
            let clicks = server.receive_action_invoked().await?.filter_map(|signal| async move {
                let args = signal.args().ok()?;
                (*args.action_key() == "default").then(|| Signal::Clicked(*args.id()))
            });
            let closes =
                server.receive_notification_closed().await?.filter_map(|signal| async move {
                    Some(Signal::Closed(*signal.args().ok()?.id()))
                });
            let said =
                stream::select(owners.boxed(), stream::select(clicks.boxed(), closes.boxed()));
            Ok((Self { server, bus }, heard(said)))
        };
        timeout(CALL_TIMEOUT, connect).await.unwrap_or(Err(BusError::Silent))
    }

    /// Asks the server who it is, and the bus for its name there. Starts one where the bus can. One that
    /// does not say what it can do is there all the same.
    ///
    /// # Errors
    /// Where none answers.
    pub async fn ask(&self) -> Result<Server, BusError> {
        let ask = async {
            let name = match self.server.get_server_information().await.map_err(BusError::from) {
                Ok((name, _, version, _)) => format!("{name} {version}"),
                Err(BusError::Refused(_)) => "a server without a name".to_owned(),
                Err(error) => return Err(error),
            };
            let capabilities = match self.server.get_capabilities().await.map_err(BusError::from) {
                Ok(capabilities) => capabilities,
                Err(BusError::Refused(_)) => Vec::new(),
                Err(error) => return Err(error),
            };
            let name_there = NAME.try_into().map_err(zbus::Error::from)?;
            let owner = self.bus.get_name_owner(name_there).await.map_err(zbus::Error::from)?;
            Ok(Server { name, capabilities, owner: owner.to_string() })
        };
        timeout(CALL_TIMEOUT, ask).await.unwrap_or(Err(BusError::Silent))
    }

    /// Shows a notification, in the place of an earlier one where that is still there. The call goes on
    /// until it is answered, however long that takes: it is told the server's number for it.
    pub fn show(&self, notification: Notification, earlier: Option<u32>) -> Call {
        let server = self.server.clone();
        Call(tokio::spawn(async move {
            let actions: Vec<&str> = notification.actions.iter().map(String::as_str).collect();
            let hints = notification.hints.iter().filter_map(hint).collect();
            let call = server.notify(
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
            Ok(call.await?)
        }))
    }

    /// Closes a notification.
    ///
    /// # Errors
    /// Where the server does not answer, or has none of that number any more.
    pub async fn close(&self, id: u32) -> Result<(), BusError> {
        let call = self.server.close_notification(id);
        Ok(timeout(CALL_TIMEOUT, call).await.map_err(|_| BusError::Silent)??)
    }
}

/// A notification that was sent and not answered yet. Nobody waits for it any more once it is dropped.
pub struct Call(JoinHandle<Result<u32, BusError>>);

impl Call {
    /// The server's number for it, once it answers. Can be asked again when it was not waited for.
    pub async fn answer(&mut self) -> Result<u32, BusError> {
        (&mut self.0).await.unwrap_or_else(|error| Err(BusError::Absent(error.to_string())))
    }

    /// The same, where it comes in time.
    pub async fn answer_in_time(&mut self) -> Option<Result<u32, BusError>> {
        timeout(CALL_TIMEOUT, self.answer()).await.ok()
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Keeps what is said until it is heard. A signal that waits in the connection keeps every answer behind
/// it from coming, and who waits for that answer hears no signal.
fn heard(mut said: impl Stream<Item = Signal> + Unpin + Send + 'static) -> mpsc::Receiver<Signal> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_absence_of_a_server_is_absence() {
        let of = |name: &str, by_bus| of_name(name, "x".into(), by_bus);
        let named = |kind: &str| format!("org.freedesktop.DBus.Error.{kind}");
        for kind in ["ServiceUnknown", "NameHasNoOwner", "Spawn.ChildExited", "TimedOut"] {
            assert_eq!(of(&named(kind), true), BusError::Absent("x".into()), "{kind}");
        }
        assert_eq!(of(&named("NoReply"), true), BusError::Vanished);
        let refused = BusError::Refused("x".into());
        for kind in ["InvalidArgs", "Failed", "LimitsExceeded", "UnknownMethod", "NoMemory"] {
            assert_eq!(of(&named(kind), true), refused, "{kind}");
            assert_eq!(of(&named(kind), false), refused, "{kind}");
        }
        // A server that says so is there.
        assert_eq!(of(&named("NoReply"), false), refused);
        assert_eq!(of("org.kde.Error.ExcessNotificationGeneration", false), refused);
    }
}
