//! Linux: the one D-Bus connection over which notifications are sent (Desktop Notifications Specification
//! 1.2). It is kept, because servers drop notifications whose sender has left, and send clicks to it alone.
//! No call here waits for a time.

mod icon;

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures_util::{StreamExt, stream};
use serde::{Serialize, Serializer};
use tokio::{task::spawn_blocking, time::timeout};
use zbus::{
    Connection,
    fdo::DBusProxy,
    proxy,
    zvariant::{SerializeValue, Signature, Type, Value},
};

use super::{
    Answer, BusError, KEY_BYTES_MAX, Manner, Program, REPLY_BYTES_MAX, Sent, Server, Signal,
    Signals, Sound,
};
use crate::picture::Picture;

/// Where a signal or an answer was among all that came on the connection.
pub(super) type At = zbus::message::Sequence;

/// What the person can do where nobody shows notifications.
pub const ADVICE: &str = "Start your desktop's notification daemon.";

/// The specification's category of a message that has come.
const CATEGORY: &str = "im.received";
/// How long the icon is looked for on the disk.
const ICON_TIMEOUT: Duration = Duration::from_secs(1);
const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
/// The name under which the bus itself answers.
const BUS: &str = "org.freedesktop.DBus";
/// The specification's reason of a notification that the person closed.
const DISMISSED: u32 = 2;

#[proxy(
    interface = "org.freedesktop.Notifications",
    default_service = "org.freedesktop.Notifications",
    default_path = "/org/freedesktop/Notifications"
)]
trait NotificationServer {
    fn get_capabilities(&self) -> zbus::Result<Vec<String>>;
    fn get_server_information(&self) -> zbus::Result<(String, String, String, String)>;
    #[zbus(signal)]
    fn action_invoked(&self, id: u32, action_key: &str) -> zbus::Result<()>;
    /// KDE's, of a server with the capability `inline-reply`.
    #[zbus(signal)]
    fn notification_replied(&self, id: u32, text: &str) -> zbus::Result<()>;
    #[zbus(signal)]
    fn notification_closed(&self, id: u32, reason: u32) -> zbus::Result<()>;
}

impl From<zbus::Error> for BusError {
    fn from(error: zbus::Error) -> Self {
        match &error {
            zbus::Error::MethodError(name, text, message) => {
                let text = text.clone().unwrap_or_else(|| name.to_string());
                // A server may use any error name; where it is absent, the bus answers.
                let header = message.header();
                let by_bus = header.sender().is_none_or(|sender| sender.as_str() == BUS);
                of_name(name.as_str(), text, by_bus)
            }
            // A request that cannot be written, or an invalid answer, concerns this request alone.
            zbus::Error::Variant(_)
            | zbus::Error::InvalidReply
            | zbus::Error::ExcessData
            | zbus::Error::InvalidField
            | zbus::Error::IncorrectEndian => Self::Refused(error.to_string()),
            _ => Self::Absent(error.to_string()),
        }
    }
}

/// The meaning of an error of this name, from the bus or from the server.
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
    server: NotificationServerProxy<'static>,
    bus: DBusProxy<'static>,
    /// The icon, where the desktop has none of its name.
    icon: Option<Arc<Picture>>,
}

impl Bus {
    /// Connects to the session bus. Answers also the signals that will come on it.
    ///
    /// # Errors
    /// Where there is no session bus.
    pub async fn connect(program: Program) -> Result<(Self, Signals), BusError> {
        let connection = Connection::session().await?;
        let server = NotificationServerProxy::builder(&connection)
            .cache_properties(zbus::proxy::CacheProperties::No)
            .build()
            .await?;
        let bus = DBusProxy::new(&connection).await?;
        let owners = bus.receive_name_owner_changed_with_args(&[(0, NAME)]).await?.filter_map(
            |signal| async move {
                let args = signal.args().ok()?;
                let at = signal.message().recv_position();
                Some((at, Signal::Owner(args.new_owner().is_some())))
            },
        );
        let clicks = server.receive_action_invoked().await?.filter_map(|signal| async move {
            let args = signal.args().ok()?;
            let key = *args.action_key();
            let chosen = || Signal::Chosen(*args.id(), key.to_owned());
            let at = signal.message().recv_position();
            (key.len() <= KEY_BYTES_MAX).then(|| (at, chosen()))
        });
        let closes = server.receive_notification_closed().await?.filter_map(|signal| async move {
            let args = signal.args().ok()?;
            let by_person = *args.reason() == DISMISSED;
            let at = signal.message().recv_position();
            Some((at, Signal::Closed { number: *args.id(), by_person }))
        });
        let replies =
            server.receive_notification_replied().await?.filter_map(|signal| async move {
                let args = signal.args().ok()?;
                let text = *args.text();
                let at = signal.message().recv_position();
                (text.len() <= REPLY_BYTES_MAX)
                    .then(|| (at, Signal::Replied(*args.id(), text.to_owned())))
            });
        let chosen = stream::select(clicks.boxed(), replies.boxed());
        let signals = stream::select(owners.boxed(), stream::select(chosen, closes.boxed()));
        // A disk that does not answer holds up no notification.
        let look = spawn_blocking(move || icon::if_missing(program.name));
        let looked = timeout(ICON_TIMEOUT, look).await;
        let icon = looked.map_or_else(|_| icon::built_in(), |it| it.ok().flatten()).map(Arc::new);
        Ok((Self { server, bus, icon }, Signals::of(signals)))
    }

    /// Asks the server for its name and capabilities, and the bus for its unique name. Starts a server
    /// where the bus can. One that does not tell its capabilities still counts as there.
    ///
    /// # Errors
    /// Where none answers.
    pub fn ask(&self) -> impl Future<Output = Result<Server, BusError>> + Send + use<> {
        let (server, bus) = (self.server.clone(), self.bus.clone());
        async move {
            let name = match server.get_server_information().await.map_err(BusError::from) {
                Ok((name, _, version, _)) => format!("{name} {version}"),
                Err(BusError::Refused(_)) => "a server without a name".to_owned(),
                Err(error) => return Err(error),
            };
            let capabilities = match server.get_capabilities().await.map_err(BusError::from) {
                Ok(capabilities) => capabilities,
                Err(BusError::Refused(_)) => Vec::new(),
                Err(error) => return Err(error),
            };
            let name_there = NAME.try_into().map_err(zbus::Error::from)?;
            let unique = bus.get_name_owner(name_there).await.map_err(zbus::Error::from)?;
            let unique = unique.to_string();
            let owner = format!("{unique} of {}", bus.inner().connection().server_guid());
            Ok(Server { name, capabilities, unique, owner })
        }
    }

    /// Has a server, by its unique name, show a notification, with a picture where there is one, in the place
    /// of the one of the number `replaces` where that is still there. Answers the server's number for it, however long that takes.
    ///
    /// # Errors
    /// Where it is not shown.
    pub fn show(
        &self,
        server: String,
        sent: Sent,
        replaces: Option<u32>,
    ) -> impl Future<Output = Result<Answer, BusError>> + Send + use<> {
        let (connection, icon) = (self.server.inner().connection().clone(), self.icon.clone());
        async move {
            let Sent { notification, manner, picture } = sent;
            let actions: Vec<&str> = notification.actions.iter().map(String::as_str).collect();
            let plain = hints(&notification.icon, &manner).into_iter();
            let mut hints: HashMap<_, _> =
                plain.map(|(name, value)| (name, Said::Plain(value))).collect();
            let pixels = picture.as_ref().or(icon.as_ref());
            hints.extend(pixels.map(|pixels| ("image-data", Said::Picture(pixels))));
            let call = (
                notification.appname.as_str(),
                // No notification has the number 0.
                replaces.unwrap_or(0),
                if icon.is_some() { "" } else { notification.icon.as_str() },
                notification.summary.as_str(),
                notification.body.as_str(),
                actions,
                hints,
                i32::from(notification.timeout),
            );
            let server = Some(server.as_str());
            let reply = connection.call_method(server, PATH, Some(NAME), "Notify", &call).await?;
            Ok(Answer { number: reply.body().deserialize()?, at: reply.recv_position() })
        }
    }

    /// Has a server, by its unique name, close a notification.
    ///
    /// # Errors
    /// Where the server has none of that number any more.
    pub fn close(
        &self,
        server: String,
        number: u32,
    ) -> impl Future<Output = Result<(), BusError>> + Send + use<> {
        let connection = self.server.inner().connection().clone();
        async move {
            let (server, call) = (Some(server.as_str()), "CloseNotification");
            connection.call_method(server, PATH, Some(NAME), call, &(number,)).await?;
            Ok(())
        }
    }
}

/// What a hint says.
enum Said<'a> {
    Plain(Value<'a>),
    /// Written as it is: a `Value` of each of its bytes would take seventy times as much memory.
    Picture(&'a Picture),
}

impl Type for Said<'_> {
    const SIGNATURE: &'static Signature = &Signature::Variant;
}

impl Serialize for Said<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Plain(value) => value.serialize(serializer),
            // Width, height, bytes a row, whether it has transparency, bits a channel, channels, pixels.
            Self::Picture(Picture { width, height, rgba }) => {
                let data = (*width, *height, width * 4, true, 8, 4, rgba.as_slice());
                SerializeValue(&data).serialize(serializer)
            }
        }
    }
}

/// What the specification has as hints: how a notification of the program of this desktop entry comes.
fn hints<'a>(entry: &'a str, manner: &'a Manner) -> Vec<(&'static str, Value<'a>)> {
    let mut hints = vec![
        ("desktop-entry", Value::from(entry)),
        ("category", Value::from(CATEGORY)),
        ("urgency", Value::from(manner.urgency as u8)),
    ];
    if manner.passing {
        hints.push(("transient", Value::from(true)));
    }
    match &manner.sound {
        Sound::Usual => {}
        Sound::Named(name) => hints.push(("sound-name", Value::from(name.as_str()))),
        Sound::Silent => hints.push(("suppress-sound", Value::from(true))),
    }
    hints
}

#[cfg(test)]
mod tests {
    use notify_rust::Urgency;

    use super::*;

    #[test]
    fn what_the_specification_has_as_hints_is_one() {
        let plain = Manner::of(Urgency::Normal);
        let usual = [
            ("desktop-entry", Value::from("hark")),
            ("category", Value::from("im.received")),
            ("urgency", Value::from(1_u8)),
        ];
        assert_eq!(hints("hark", &plain), usual);
        let loud = Manner { sound: Sound::Named("bell".into()), ..Manner::of(Urgency::Critical) };
        assert_eq!(
            hints("hark", &loud)[2..],
            [("urgency", Value::from(2_u8)), ("sound-name", Value::from("bell"))]
        );
        let low = Manner { passing: true, sound: Sound::Silent, ..Manner::of(Urgency::Low) };
        assert_eq!(
            hints("hark", &low)[2..],
            [
                ("urgency", Value::from(0_u8)),
                ("transient", Value::from(true)),
                ("suppress-sound", Value::from(true)),
            ]
        );
    }

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
