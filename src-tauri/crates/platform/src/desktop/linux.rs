//! Linux: the buses are asked.

use tokio::time::timeout;
use zbus::{Connection, fdo::DBusProxy, zvariant::OwnedValue};

use super::{Desktop, PATIENCE, late, server};
use crate::{
    bus::{Place, call},
    changes,
    notifications::Server,
};

const TRAY: Place = Place {
    name: "org.kde.StatusNotifierWatcher",
    path: "/StatusNotifierWatcher",
    interface: "org.freedesktop.DBus.Properties",
};
const TRAY_INTERFACE: &str = "org.kde.StatusNotifierWatcher";
const LOGIND: &str = "org.freedesktop.login1";

/// Looks.
pub(super) async fn look() -> Desktop {
    let network = changes::network_tells().map_err(|error| error.to_string());
    let sleep = match connected(Connection::system()).await {
        Ok(bus) => Ok(is_there(&bus, LOGIND).await),
        Err(why) => Err(why),
    };
    let (session, tray_host) = match connected(Connection::session()).await {
        Ok(bus) => (Ok(()), has_host(&bus).await),
        Err(why) => (Err(why), false),
    };
    let notifications: Result<Server, String> = match &session {
        Ok(()) => server().await,
        Err(why) => Err(why.clone()),
    };
    Desktop {
        session: Some(session),
        notifications,
        tray_host: Some(tray_host),
        sleep: Some(sleep),
        network,
    }
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
