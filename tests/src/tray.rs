//! The tray icon of a process, as the panel sees it: its properties and its menu, over the bus.

use std::collections::HashMap;

use zbus::{
    Connection, Proxy,
    zvariant::{OwnedObjectPath, OwnedValue, Structure, Value},
};

use crate::{LONG, bus::Bus, eventually};

/// A registered tray icon.
pub struct Tray {
    connection: Connection,
    service: String,
    path: String,
}

/// An entry of its menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    id: i32,
    /// What it says.
    pub label: String,
    /// Whether it can be chosen.
    pub enabled: bool,
}

impl Tray {
    /// Waits for the icon of a process to be registered.
    pub async fn of(bus: &Bus, pid: u32) -> Self {
        let connection = bus.connect().await;
        // It does not tell of its changes, so what it said before is of no use.
        let watcher: Proxy<'_> = zbus::proxy::Builder::new(&connection)
            .destination("org.kde.StatusNotifierWatcher")
            .unwrap()
            .path("/StatusNotifierWatcher")
            .unwrap()
            .interface("org.kde.StatusNotifierWatcher")
            .unwrap()
            .cache_properties(zbus::proxy::CacheProperties::No)
            .build()
            .await
            .unwrap();
        let daemon = zbus::fdo::DBusProxy::new(&connection).await.unwrap();
        let (service, path) = eventually("the tray icon is registered", LONG, async || {
            let items: Vec<String> = watcher
                .get_property("RegisteredStatusNotifierItems")
                .await
                .map_err(|error| error.to_string())?;
            for item in &items {
                let start = item.find('/').unwrap_or(item.len());
                let (service, path) = item.split_at(start);
                let name = service.try_into().unwrap();
                if daemon.get_connection_unix_process_id(name).await == Ok(pid) {
                    let path = if path.is_empty() { "/StatusNotifierItem" } else { path };
                    return Ok((service.to_owned(), path.to_owned()));
                }
            }
            Err(format!("{items:?}"))
        })
        .await;
        Self { connection, service, path }
    }

    async fn proxy<'a>(&'a self, path: &'a str, interface: &'static str) -> Proxy<'a> {
        zbus::proxy::Builder::new(&self.connection)
            .destination(self.service.as_str())
            .unwrap()
            .path(path)
            .unwrap()
            .interface(interface)
            .unwrap()
            .cache_properties(zbus::proxy::CacheProperties::No)
            .build()
            .await
            .unwrap()
    }

    /// The name of its icon.
    pub async fn icon(&self) -> String {
        let item = self.proxy(&self.path, "org.kde.StatusNotifierItem").await;
        item.get_property("IconName").await.unwrap()
    }

    /// Its tooltip: title and text.
    pub async fn tooltip(&self) -> String {
        let item = self.proxy(&self.path, "org.kde.StatusNotifierItem").await;
        let tip: Structure<'_> =
            item.get_property::<OwnedValue>("ToolTip").await.unwrap().try_into().unwrap();
        let texts = tip.fields().iter().filter_map(|field| field.downcast_ref::<&str>().ok());
        texts.collect::<Vec<_>>().join("\n").trim().to_owned()
    }

    /// Clicks it, as the panel does.
    pub async fn click(&self) {
        let item = self.proxy(&self.path, "org.kde.StatusNotifierItem").await;
        let _: () = item.call("Activate", &(0, 0)).await.unwrap();
    }

    /// Its menu, without separators.
    pub async fn menu(&self) -> Vec<Entry> {
        let path = self.menu_path().await;
        let menu = self.proxy(&path, "com.canonical.dbusmenu").await;
        type Item = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);
        let names: &[&str] = &[];
        let (_, root): (u32, Item) = menu.call("GetLayout", &(0, -1, names)).await.unwrap();
        let mut left = root.2;
        left.reverse();
        let mut entries = Vec::new();
        while let Some(item) = left.pop() {
            let (id, properties, mut children): Item = item.try_into().unwrap();
            let label = properties.get("label").and_then(|it| it.downcast_ref::<&str>().ok());
            let enabled = properties.get("enabled").and_then(|it| it.downcast_ref::<bool>().ok());
            if let Some(label) = label {
                // An underscore marks the letter of its key; two are one.
                let label = label.replace("__", "\0").replace('_', "").replace('\0', "_");
                entries.push(Entry { id, label, enabled: enabled.unwrap_or(true) });
            }
            children.reverse();
            left.extend(children);
        }
        entries
    }

    /// Chooses the entry of the menu whose label begins so, once it has one that can be chosen.
    pub async fn choose(&self, label: &str) {
        let entry = eventually(&format!("the menu has {label}"), LONG, async || {
            let menu = self.menu().await;
            let entry = menu.iter().find(|entry| entry.enabled && entry.label.starts_with(label));
            entry.cloned().ok_or_else(|| format!("{menu:?}"))
        })
        .await;
        let path = self.menu_path().await;
        let proxy = self.proxy(&path, "com.canonical.dbusmenu").await;
        () = proxy.call("Event", &(entry.id, "clicked", Value::I32(0), 0_u32)).await.unwrap();
    }

    async fn menu_path(&self) -> String {
        let item = self.proxy(&self.path, "org.kde.StatusNotifierItem").await;
        item.get_property::<OwnedObjectPath>("Menu").await.unwrap().to_string()
    }
}
