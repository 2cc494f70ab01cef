//! A real notification server: dunst.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use zbus::zvariant::{OwnedValue, Str};

use crate::{Running, World, bus::Bus};

/// A notification as dunst has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its title.
    pub summary: String,
    /// Its text.
    pub body: String,
}

/// A running dunst.
pub struct Dunst {
    connection: zbus::Connection,
    /// What is chosen in its menu.
    chosen: PathBuf,
    _dunst: Running,
}

impl Dunst {
    /// Starts it on a world that has a display and a bus.
    pub async fn start(world: &World, bus: &Bus) -> Self {
        // A length of 0 keeps all.
        let chosen = world.path("chosen");
        let menu = format!("#!/bin/sh\ngrep -F -m1 -f {}\n", chosen.display());
        let menu = world.file("menu", menu);
        fs::set_permissions(&menu, fs::Permissions::from_mode(0o755)).unwrap();
        let configuration = world.file(
            "dunstrc",
            format!(
                "[global]\nhistory_length = 0\nnotification_limit = 5\nfont = DejaVu Sans 10\n\
                 dmenu = {}\n",
                menu.display()
            ),
        );
        let mut command = world.command("dunst");
        command.arg("-conf").arg(configuration);
        let dunst = Running::start(world, "dunst", command);
        bus.owned("org.freedesktop.Notifications").await;
        Self { connection: bus.connect().await, chosen, _dunst: dunst }
    }

    /// Its history, latest first, as `dunstctl history` tells it. What is still displayed is closed
    /// first, since it would not be in it.
    pub async fn history(&self) -> Vec<Shown> {
        self.close_all().await;
        let reply = self.call("NotificationListHistory", None).await;
        let rows: Vec<std::collections::HashMap<String, OwnedValue>> =
            reply.body().deserialize().unwrap();
        let text = |value: Option<&OwnedValue>| {
            value
                .and_then(|value| value.downcast_ref::<Str<'_>>().ok())
                .unwrap_or_default()
                .to_string()
        };
        rows.iter()
            .map(|row| Shown { summary: text(row.get("summary")), body: text(row.get("body")) })
            .collect()
    }

    /// How many are displayed, or wait for a place.
    pub async fn count(&self) -> usize {
        let (server, path) = ("org.freedesktop.Notifications", "/org/freedesktop/Notifications");
        let mut count = 0;
        for name in ["displayedLength", "waitingLength"] {
            let property = ("org.dunstproject.cmd0", name);
            let properties = Some("org.freedesktop.DBus.Properties");
            let call =
                self.connection.call_method(Some(server), path, properties, "Get", &property);
            let value: OwnedValue = call.await.unwrap().body().deserialize().unwrap();
            count += u32::try_from(value).unwrap();
        }
        usize::try_from(count).unwrap()
    }

    /// Closes what is displayed.
    pub async fn close_all(&self) {
        self.call("NotificationCloseAll", None).await;
    }

    /// Does what a click on the uppermost notification does.
    pub async fn act(&self) {
        self.call("NotificationAction", Some(0)).await;
    }

    /// Chooses the button of this label in the menu of what is displayed.
    pub async fn choose(&self, label: &str) {
        fs::write(&self.chosen, label).unwrap();
        self.call("ContextMenuCall", None).await;
    }

    async fn call(&self, method: &str, of: Option<u32>) -> zbus::Message {
        let (server, path) = ("org.freedesktop.Notifications", "/org/freedesktop/Notifications");
        let own = Some("org.dunstproject.cmd0");
        let connection = &self.connection;
        let answer = match of {
            None => connection.call_method(Some(server), path, own, method, &()).await,
            Some(place) => connection.call_method(Some(server), path, own, method, &(place,)).await,
        };
        answer.unwrap()
    }
}
