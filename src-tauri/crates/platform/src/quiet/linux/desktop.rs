//! The desktop's own do-not-disturb: where each desktop keeps it, and how it is read. It is never changed.
//!
//! Who serves the notifications says which desktop it is; what another one has stored is of no account.

use futures_util::future::join;
use zbus::{Connection, zvariant::OwnedValue};

use super::gsettings;
use crate::bus::{Late, NoAnswer, Place, Said, answered, call, said};

/// The notification server. KDE's has a property `Inhibited` there, and others may.
pub const NOTIFICATIONS: Place = Place {
    name: "org.freedesktop.Notifications",
    path: "/org/freedesktop/Notifications",
    interface: "org.freedesktop.Notifications",
};
/// dunst's own interface (dunstctl(1)), whose property `paused` it is.
pub const DUNST: Place = Place { interface: "org.dunstproject.cmd0", ..NOTIFICATIONS };
/// Xfce's settings.
pub const XFCONF: Place =
    Place { name: "org.xfce.Xfconf", path: "/org/xfce/Xfconf", interface: "org.xfce.Xfconf" };
/// Those of its notification server.
pub const XFCE_CHANNEL: &str = "xfce4-notifyd";
/// The one that it is.
pub const XFCE_PROPERTY: &str = "/do-not-disturb";
/// Who tells of changes of GNOME's settings.
pub const DCONF: &str = "ca.desrt.dconf.Writer";
/// Where the one is whose opposite it is.
const GNOME_KEY: &str = "/org/gnome/desktop/notifications/show-banners";

const INHIBITED: &str = "Inhibited";
const PAUSED: &str = "paused";

/// Whether a property is one that says it.
pub fn is_property(name: &str) -> bool {
    [INHIBITED, PAUSED].contains(&name)
}

/// Whether one of these keys of dconf is the one that says it.
pub fn is_gnome_key(prefix: &str, changes: &[&str]) -> bool {
    // A prefix that ends in a slash is a folder; without changes, all below it.
    let is = |key: &str| key == GNOME_KEY || key.ends_with('/') && GNOME_KEY.starts_with(key);
    match changes {
        [] => is(prefix),
        changes => changes.iter().any(|change| is(&format!("{prefix}{change}"))),
    }
}

/// Whether the desktop is not to disturb. None where nobody serves notifications, or nobody says.
///
/// # Errors
/// Where one who may say it has not answered in time.
pub async fn do_not_disturb(connection: &Connection) -> Said {
    type Information = (String, String, String, String);
    let information =
        call::<_, Information>(connection, NOTIFICATIONS, "GetServerInformation", &());
    let server = match information.await {
        Ok((server, ..)) => server,
        Err(NoAnswer::Late) => return Err(Late),
        Err(NoAnswer::Error(_)) => return Ok(None),
    };
    let own = async {
        match server.to_lowercase().as_str() {
            "dunst" => property(connection, DUNST, PAUSED).await,
            "gnome-shell" => {
                let shows = gsettings::get("org.gnome.desktop.notifications", "show-banners").await;
                Ok(shows.map(|it| !it))
            }
            server if server.contains("xfce") => xfce(connection).await,
            _ => Ok(None),
        }
    };
    let (inhibited, own) = join(property(connection, NOTIFICATIONS, INHIBITED), own).await;
    answered([inhibited, own])
}

async fn property(connection: &Connection, place: Place, name: &str) -> Said {
    let properties = Place { interface: "org.freedesktop.DBus.Properties", ..place };
    let value =
        call::<_, OwnedValue>(connection, properties, "Get", &(place.interface, name)).await;
    said(value.and_then(|value| bool::try_from(value).map_err(|_| NoAnswer::Error(None))))
}

/// What was never set is not on.
async fn xfce(connection: &Connection) -> Said {
    let value =
        call::<_, OwnedValue>(connection, XFCONF, "GetProperty", &(XFCE_CHANNEL, XFCE_PROPERTY));
    match value.await {
        Ok(value) => Ok(bool::try_from(value).ok()),
        Err(NoAnswer::Error(Some(name))) if name.ends_with("PropertyNotFound") => Ok(Some(false)),
        Err(NoAnswer::Error(_)) => Ok(None),
        Err(NoAnswer::Late) => Err(Late),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_key_of_banners_is_told_of() {
        for (prefix, changes, wanted) in [
            ("/org/gnome/desktop/notifications/show-banners", &[][..], true),
            ("/org/gnome/desktop/notifications/", &["application-children", "show-banners"], true),
            ("/org/gnome/desktop/", &["notifications/"], true),
            ("/org/gnome/", &[], true),
            ("/", &["org/gnome/desktop/interface/clock"], false),
            ("/org/gnome/desktop/notifications/", &["show-in-lock-screen"], false),
            ("/org/gnome/desktop/notifications/show-banners-x", &[], false),
        ] {
            assert_eq!(is_gnome_key(prefix, changes), wanted, "{prefix} {changes:?}");
        }
    }
}
