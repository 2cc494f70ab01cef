//! Parts of a desktop that only take notes.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Instant,
};

use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::timeout,
};
use zbus::{object_server::SignalEmitter, zvariant::OwnedValue};

use crate::{LONG, World, bus::Bus};

/// A call of `Notify`.
#[derive(Clone, Debug)]
pub struct Notified {
    /// When it came.
    pub at: Instant,
    /// Its title.
    pub summary: String,
    /// Its text.
    pub body: String,
    /// In the place of which number; 0 for none.
    pub replaces: u32,
    /// The number that it was given.
    pub id: u32,
    /// The sound that it names.
    pub sound: Option<String>,
}

/// A notification server that shows nothing and acknowledges all.
pub struct Notifications {
    /// The calls as they come.
    pub calls: UnboundedReceiver<Notified>,
    /// The numbers that were closed, as they come.
    pub closed: UnboundedReceiver<u32>,
    _bus: Option<Bus>,
    _connection: zbus::Connection,
}

struct NotificationServer {
    calls: UnboundedSender<Notified>,
    closed: UnboundedSender<u32>,
    last: u32,
}

const NAME: &str = "org.freedesktop.Notifications";

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl NotificationServer {
    #[allow(clippy::too_many_arguments, reason = "the specification's")]
    fn notify(
        &mut self,
        _app_name: &str,
        replaces: u32,
        _icon: &str,
        summary: &str,
        body: &str,
        _actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        _timeout: i32,
    ) -> u32 {
        let at = Instant::now();
        let (summary, body) = (summary.to_owned(), body.to_owned());
        let sound = hints.get("sound-name").and_then(|name| name.downcast_ref::<String>().ok());
        if replaces == 0 {
            self.last += 1;
        }
        let id = if replaces == 0 { self.last } else { replaces };
        // Where the test has stopped reading, nobody wants to know.
        _ = self.calls.send(Notified { at, summary, body, replaces, id, sound });
        id
    }

    async fn close_notification(
        &self,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
        id: u32,
    ) -> zbus::fdo::Result<()> {
        /// By a call.
        const CLOSED: u32 = 3;
        _ = self.closed.send(id);
        Ok(emitter.emit(NAME, "NotificationClosed", &(id, CLOSED)).await?)
    }

    fn get_capabilities(&self) -> Vec<String> {
        ["actions", "body"].map(str::to_owned).to_vec()
    }

    fn get_server_information(&self) -> (&str, &str, &str, &str) {
        ("fake", "hark", "1", "1.2")
    }
}

impl Notifications {
    /// Serves on a bus.
    pub async fn start(bus: &Bus) -> Self {
        let (sender, calls) = unbounded_channel();
        let (close, closed) = unbounded_channel();
        let connection = bus.connect().await;
        let server = NotificationServer { calls: sender, closed: close, last: 0 };
        connection.object_server().at("/org/freedesktop/Notifications", server).await.unwrap();
        connection.request_name(NAME).await.unwrap();
        Self { calls, closed, _bus: None, _connection: connection }
    }
}

impl Notifications {
    /// Serves a world on a bus of its own.
    pub async fn of(world: &mut World) -> Self {
        let bus = Bus::start(world).await;
        let served = Self::start(&bus).await;
        Self { _bus: Some(bus), ..served }
    }

    /// The next call.
    pub async fn next(&mut self) -> Notified {
        timeout(LONG, self.calls.recv()).await.expect("a notification comes").unwrap()
    }

    /// The next number that is closed.
    pub async fn next_closed(&mut self) -> u32 {
        timeout(LONG, self.closed.recv()).await.expect("a notification is closed").unwrap()
    }
}

/// A place for tray icons that draws nothing.
pub struct Watcher {
    items: Arc<Mutex<Vec<String>>>,
    _connection: zbus::Connection,
}

struct WatcherServer {
    items: Arc<Mutex<Vec<String>>>,
}

#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
impl WatcherServer {
    fn register_status_notifier_item(&self, service: &str) {
        self.items.lock().unwrap().push(service.to_owned());
    }

    fn register_status_notifier_host(&self, _service: &str) {}

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        self.items.lock().unwrap().clone()
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }
}

impl Watcher {
    /// Serves on a bus.
    pub async fn start(bus: &Bus) -> Self {
        let items = Arc::<Mutex<Vec<String>>>::default();
        let connection = bus.connect().await;
        let server = WatcherServer { items: Arc::clone(&items) };
        connection.object_server().at("/StatusNotifierWatcher", server).await.unwrap();
        connection.request_name("org.kde.StatusNotifierWatcher").await.unwrap();
        Self { items, _connection: connection }
    }

    /// What has registered.
    #[must_use]
    pub fn items(&self) -> Vec<String> {
        self.items.lock().unwrap().clone()
    }
}
