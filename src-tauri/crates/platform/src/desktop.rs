//! What the desktop has of what Hark needs, looked at once: buses, who shows notifications and icons, who tells of
//! sleep and of the network. It changes nothing, judges nothing, and waits for nobody for long.

use std::time::Duration;

use tokio::time::timeout;
use zbus::{Connection, fdo::DBusProxy, zvariant::OwnedValue};

use crate::{
    bus::{Place, call},
    changes,
    notifications::{Bus, BusError, Server},
};

/// How long a bus and a notification server are waited for.
const PATIENCE: Duration = Duration::from_secs(5);
const TRAY: Place = Place {
    name: "org.kde.StatusNotifierWatcher",
    path: "/StatusNotifierWatcher",
    interface: "org.freedesktop.DBus.Properties",
};
const TRAY_INTERFACE: &str = "org.kde.StatusNotifierWatcher";
const LOGIND: &str = "org.freedesktop.login1";

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desktop {
    /// Whether there is a session bus; why not where there is none.
    pub session: Result<(), String>,
    /// Who shows notifications; why nobody does.
    pub notifications: Result<Server, String>,
    /// Whether somebody shows the icons of programs.
    pub tray_host: bool,
    /// Whether logind is there, which tells of sleep; why the system bus is not.
    pub sleep: Result<bool, String>,
    /// Whether the kernel tells of changes of the network; why not.
    pub network: Result<(), String>,
}

/// Looks.
pub async fn look() -> Desktop {
    let network = changes::network_tells().map_err(|error| error.to_string());
    let sleep = match connected(Connection::system()).await {
        Ok(bus) => Ok(is_there(&bus, LOGIND).await),
        Err(why) => Err(why),
    };
    let (session, tray_host) = match connected(Connection::session()).await {
        Ok(bus) => (Ok(()), has_host(&bus).await),
        Err(why) => (Err(why), false),
    };
    let notifications = match &session {
        Ok(()) => timeout(PATIENCE, server()).await.unwrap_or_else(|_| Err(late())),
        Err(why) => Err(why.clone()),
    };
    Desktop { session, notifications, tray_host, sleep, network }
}

fn late() -> String {
    format!("it does not answer within {} s", PATIENCE.as_secs())
}

async fn connected(
    bus: impl Future<Output = zbus::Result<Connection>>,
) -> Result<Connection, String> {
    match timeout(PATIENCE, bus).await {
        Ok(Ok(bus)) => Ok(bus),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(late()),
    }
}

async fn server() -> Result<Server, String> {
    let answer = async {
        let (bus, _signals) = Bus::connect("hark").await?;
        bus.ask().await
    };
    answer.await.map_err(|error: BusError| match error {
        BusError::Absent(why) => why,
        other => other.to_string(),
    })
}

async fn is_there(bus: &Connection, name: &'static str) -> bool {
    let asked = async {
        let name = name.try_into().map_err(zbus::Error::from)?;
        Ok::<bool, zbus::Error>(DBusProxy::new(bus).await?.name_has_owner(name).await?)
    };
    timeout(PATIENCE, asked).await.is_ok_and(|answer| answer.unwrap_or_default())
}

async fn has_host(bus: &Connection) -> bool {
    let asked = (TRAY_INTERFACE, "IsStatusNotifierHostRegistered");
    let value = call::<_, OwnedValue>(bus, TRAY, "Get", &asked).await;
    value.ok().and_then(|value| bool::try_from(value).ok()).unwrap_or_default()
}
