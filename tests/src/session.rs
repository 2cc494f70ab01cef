//! What a desktop has that tells of silence: its do-not-disturb, its screen saver, and logind behind it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use serde::Serialize;
use zbus::{
    Connection, fdo,
    zvariant::{DynamicType, OwnedValue, Value},
};

use crate::bus::Bus;

/// A switch that is somewhere on a bus.
#[derive(Clone, Default)]
struct Switch(Arc<AtomicBool>);

impl Switch {
    fn is_on(&self) -> bool {
        self.0.load(Relaxed)
    }
}

/// A notification server of this name, which shows nothing; KDE's has `Inhibited` beside it.
struct Server(&'static str, Switch);

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Server {
    async fn get_server_information(&self) -> (&str, &str, &str, &str) {
        (self.0, "hark", "1", "1.2")
    }

    async fn get_capabilities(&self) -> Vec<String> {
        Vec::new()
    }

    #[zbus(property)]
    async fn inhibited(&self) -> fdo::Result<bool> {
        match self.0 {
            "Plasma" => Ok(self.1.is_on()),
            _ => Err(fdo::Error::UnknownProperty("no".into())),
        }
    }
}

struct Xfconf(Switch);

#[derive(Debug, zbus::DBusError)]
#[zbus(prefix = "org.xfce.Xfconf.Error")]
enum XfconfError {
    #[zbus(error)]
    ZBus(zbus::Error),
    PropertyNotFound(String),
}

#[zbus::interface(name = "org.xfce.Xfconf")]
impl Xfconf {
    async fn get_property(&self, channel: &str, property: &str) -> Result<OwnedValue, XfconfError> {
        assert_eq!((channel, property), ("xfce4-notifyd", "/do-not-disturb"));
        match self.0.is_on() {
            true => Ok(true.into()),
            // As long as it was never on.
            false => Err(XfconfError::PropertyNotFound("no".into())),
        }
    }
}

struct Saver(Switch);

#[zbus::interface(name = "org.freedesktop.ScreenSaver")]
impl Saver {
    async fn get_active(&self) -> bool {
        self.0.is_on()
    }
}

struct LoginSession(Switch);

#[zbus::interface(name = "org.freedesktop.login1.Session")]
impl LoginSession {
    #[zbus(property)]
    async fn locked_hint(&self) -> bool {
        self.0.is_on()
    }
}

/// Parts of a desktop on one bus.
pub struct Session {
    connection: Connection,
    on: Switch,
}

const NOTIFICATIONS: &str = "/org/freedesktop/Notifications";
const SAVER: &str = "org.freedesktop.ScreenSaver";

impl Session {
    /// A notification server of this name.
    pub async fn server(bus: &Bus, name: &'static str) -> Self {
        let this = Self { connection: bus.connect().await, on: Switch::default() };
        let server = Server(name, this.on.clone());
        this.connection.object_server().at(NOTIFICATIONS, server).await.unwrap();
        this.connection.request_name("org.freedesktop.Notifications").await.unwrap();
        this
    }

    /// Xfce's settings.
    pub async fn xfconf(bus: &Bus) -> Self {
        let this = Self { connection: bus.connect().await, on: Switch::default() };
        let xfconf = Xfconf(this.on.clone());
        this.connection.object_server().at("/org/xfce/Xfconf", xfconf).await.unwrap();
        this.connection.request_name("org.xfce.Xfconf").await.unwrap();
        this
    }

    /// A screen saver.
    pub async fn saver(bus: &Bus) -> Self {
        let this = Self { connection: bus.connect().await, on: Switch::default() };
        let saver = Saver(this.on.clone());
        this.connection.object_server().at("/org/freedesktop/ScreenSaver", saver).await.unwrap();
        this.connection.request_name(SAVER).await.unwrap();
        this
    }

    /// logind with the one session that this user has.
    pub async fn logind(bus: &Bus) -> Self {
        let this = Self { connection: bus.connect().await, on: Switch::default() };
        let session = LoginSession(this.on.clone());
        let path = "/org/freedesktop/login1/session/auto";
        this.connection.object_server().at(path, session).await.unwrap();
        this.connection.request_name("org.freedesktop.login1").await.unwrap();
        this
    }

    async fn emit<B>(&self, path: &str, interface: &str, member: &str, body: &B)
    where
        B: Serialize + DynamicType,
    {
        let none: Option<&str> = None;
        self.connection.emit_signal(none, path, interface, member, body).await.unwrap();
    }

    /// Sets what it says, and tells of it in its own way.
    pub async fn say(&self, on: bool, telling: Telling) {
        self.on.0.store(on, Relaxed);
        let none: Vec<&str> = Vec::new();
        let changed = |interface: &'static str, name: &'static str| {
            let changed = std::collections::HashMap::from([(name, Value::Bool(on))]);
            (interface, changed, none.clone())
        };
        let properties = "org.freedesktop.DBus.Properties";
        match telling {
            Telling::Inhibited => {
                let body = changed("org.freedesktop.Notifications", "Inhibited");
                self.emit(NOTIFICATIONS, properties, "PropertiesChanged", &body).await;
            }
            Telling::Xfconf => {
                let body = ("xfce4-notifyd", "/do-not-disturb", Value::Bool(on));
                self.emit("/org/xfce/Xfconf", "org.xfce.Xfconf", "PropertyChanged", &body).await;
            }
            Telling::Dconf => {
                let body = ("/org/gnome/desktop/notifications/", vec!["show-banners"], "tag");
                let (path, writer) = ("/ca/desrt/dconf/Writer/user", "ca.desrt.dconf.Writer");
                self.emit(path, writer, "Notify", &body).await;
            }
            Telling::Active => {
                self.emit("/org/freedesktop/ScreenSaver", SAVER, "ActiveChanged", &(on,)).await;
            }
            Telling::LockedHint => {
                let body = changed("org.freedesktop.login1.Session", "LockedHint");
                // Under its own name, which is not the one that it is asked by.
                let path = "/org/freedesktop/login1/session/_31";
                self.emit(path, properties, "PropertiesChanged", &body).await;
            }
        }
    }
}

/// By which signal something tells.
#[derive(Clone, Copy, Debug)]
pub enum Telling {
    /// A changed property of the notification server.
    Inhibited,
    /// A changed property of Xfce's settings.
    Xfconf,
    /// A write of GNOME's settings.
    Dconf,
    /// A screen saver that has the screen, or not.
    Active,
    /// A changed property of a session.
    LockedHint,
}
