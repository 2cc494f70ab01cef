//! Parts of a desktop that only take notes.

use std::{
    collections::HashMap,
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use tokio::{
    sync::{
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
        watch,
    },
    time::{sleep, timeout},
};
use zbus::{
    Message, message::Header, names::ErrorName, object_server::SignalEmitter, zvariant::OwnedValue,
};

use crate::{LONG, SHORT, World, bus::Bus, eventually};

/// A call of `Notify`.
#[derive(Clone, Debug)]
pub struct Notified {
    /// When it came.
    pub at: Instant,
    /// Its title.
    pub summary: String,
    /// Its text.
    pub body: String,
    /// The number that it replaces; 0 for none.
    pub replaces: u32,
    /// The number that it was given.
    pub id: u32,
    /// The sound that it names.
    pub sound: Option<String>,
    /// The keys of its buttons, each with its label.
    pub actions: Vec<(String, String)>,
    /// The picture that comes with it, Hark's own icon too.
    pub picture: Option<Pixels>,
}

/// A picture in the form of the specification's `image-data`, with transparency and 8 bits a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pixels {
    /// In pixels.
    pub width: i32,
    /// In pixels.
    pub height: i32,
    /// Four bytes each.
    pub rgba: Vec<u8>,
}

impl Pixels {
    fn of(hint: &OwnedValue) -> Self {
        type Data = (i32, i32, i32, bool, i32, i32, Vec<u8>);
        let data: Data = hint.try_clone().unwrap().try_into().unwrap();
        let (width, height, row, has_alpha, bits, channels, rgba) = data;
        assert_eq!((row, has_alpha, bits, channels), (width * 4, true, 8, 4));
        assert_eq!(i32::try_from(rgba.len()), Ok(row * height));
        Self { width, height, rgba }
    }
}

/// How a notification is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// With a D-Bus error of this name.
    Error(&'static str),
    /// After so long.
    After(Duration),
    /// Not at all.
    Never,
}

/// A notification server that shows nothing and acknowledges all, unless it is told otherwise.
pub struct Notifications {
    /// The manner of answering, by a text in the title.
    manners: Arc<Mutex<Vec<(String, Manner)>>>,
    /// While it is true, nothing at all is answered.
    frozen: watch::Sender<bool>,
    /// The calls as they come.
    pub calls: UnboundedReceiver<Notified>,
    /// The numbers that were closed, as they come.
    pub closed: UnboundedReceiver<u32>,
    connection: zbus::Connection,
    _bus: Option<Bus>,
}

struct NotificationServer {
    calls: UnboundedSender<Notified>,
    closed: UnboundedSender<u32>,
    last: AtomicU32,
    manners: Arc<Mutex<Vec<(String, Manner)>>>,
    frozen: watch::Receiver<bool>,
    name: &'static str,
}

/// An error of any name.
#[derive(Debug)]
struct Named(&'static str);

impl zbus::DBusError for Named {
    fn create_reply(&self, call: &Header<'_>) -> zbus::Result<Message> {
        Message::error(call, self.name())?.build(&("no",))
    }

    fn name(&self) -> ErrorName<'_> {
        ErrorName::try_from(self.0).unwrap()
    }

    fn description(&self) -> Option<&str> {
        Some("no")
    }
}

impl NotificationServer {
    async fn thawed(&self) {
        _ = self.frozen.clone().wait_for(|frozen| !frozen).await;
    }
}

const NAME: &str = "org.freedesktop.Notifications";

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl NotificationServer {
    #[allow(clippy::too_many_arguments, reason = "the specification's")]
    async fn notify(
        &self,
        _app_name: &str,
        replaces: u32,
        _icon: &str,
        summary: &str,
        body: &str,
        actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        _timeout: i32,
    ) -> Result<u32, Named> {
        let at = Instant::now();
        let (summary, body) = (summary.to_owned(), body.to_owned());
        let sound = hints.get("sound-name").and_then(|name| name.downcast_ref::<String>().ok());
        let id = if replaces == 0 { self.last.fetch_add(1, Relaxed) + 1 } else { replaces };
        let held = |(text, _): &&(String, Manner)| summary.contains(text);
        let manner = self.manners.lock().unwrap().iter().find(held).map(|(_, manner)| *manner);
        // An error means that the test has stopped reading.
        let actions =
            actions.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
        let picture = hints.get("image-data").map(Pixels::of);
        let call = Notified { at, summary, body, replaces, id, sound, actions, picture };
        _ = self.calls.send(call);
        self.thawed().await;
        match manner {
            Some(Manner::Error(name)) => return Err(Named(name)),
            Some(Manner::After(delay)) => sleep(delay).await,
            Some(Manner::Never) => pending().await,
            None => {}
        }
        Ok(id)
    }

    async fn close_notification(
        &self,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
        id: u32,
    ) -> zbus::fdo::Result<()> {
        /// The specification's reason: closed by a call.
        const CLOSED: u32 = 3;
        _ = self.closed.send(id);
        Ok(emitter.emit(NAME, "NotificationClosed", &(id, CLOSED)).await?)
    }

    async fn get_capabilities(&self) -> Vec<String> {
        self.thawed().await;
        ["actions", "body", "icon-static"].map(str::to_owned).to_vec()
    }

    async fn get_server_information(&self) -> (&str, &str, &str, &str) {
        self.thawed().await;
        (self.name, "hark", "1", "1.2")
    }
}

impl Notifications {
    /// Serves on a bus.
    pub async fn start(bus: &Bus) -> Self {
        let served = Self::nameless(bus).await;
        served.take_name().await;
        served
    }

    /// Starts on a bus without the name of notification servers.
    pub async fn nameless(bus: &Bus) -> Self {
        Self::calling_itself("fake", bus).await
    }

    /// Serves on a bus and calls itself as a real one does.
    pub async fn like(name: &'static str, bus: &Bus) -> Self {
        let served = Self::calling_itself(name, bus).await;
        served.take_name().await;
        served
    }

    async fn calling_itself(name: &'static str, bus: &Bus) -> Self {
        let (sender, calls) = unbounded_channel();
        let (close, closed) = unbounded_channel();
        let connection = bus.connect().await;
        let manners = Arc::<Mutex<Vec<_>>>::default();
        let (frozen, thawed) = watch::channel(false);
        let server = NotificationServer {
            calls: sender,
            closed: close,
            last: AtomicU32::new(0),
            manners: Arc::clone(&manners),
            frozen: thawed,
            name,
        };
        connection.object_server().at("/org/freedesktop/Notifications", server).await.unwrap();
        Self { manners, frozen, calls, closed, connection, _bus: None }
    }
}

impl Notifications {
    /// Serves a world on a bus of its own.
    pub async fn of(world: &mut World) -> Self {
        let bus = Bus::start(world).await;
        let served = Self::start(&bus).await;
        Self { _bus: Some(bus), ..served }
    }

    /// Serves under the name of notification servers from now on.
    pub async fn take_name(&self) {
        // One that has just left may have it for another moment.
        eventually("the name is free", SHORT, async || self.connection.request_name(NAME).await)
            .await;
    }

    /// Leaves the bus.
    pub async fn end(self) {
        self.connection.close().await.unwrap();
    }

    /// From now on answers notifications with this text in their title in this way.
    pub fn answer(&self, title: &str, manner: Manner) {
        self.manners.lock().unwrap().push((title.to_owned(), manner));
    }

    /// From now on takes calls and answers none; or answers again, the waiting ones too.
    pub fn freeze(&self, frozen: bool) {
        self.frozen.send_replace(frozen);
    }

    /// The person closes the notification of this number.
    pub async fn dismiss(&self, id: u32) {
        /// The specification's reason: dismissed by the person.
        const DISMISSED: u32 = 2;
        let path = "/org/freedesktop/Notifications";
        let body = (id, DISMISSED);
        let none: Option<&str> = None;
        self.connection.emit_signal(none, path, NAME, "NotificationClosed", &body).await.unwrap();
    }

    /// The person presses the button of this key on the notification of this number.
    pub async fn press(&self, id: u32, key: &str) {
        let path = "/org/freedesktop/Notifications";
        let none: Option<&str> = None;
        self.connection.emit_signal(none, path, NAME, "ActionInvoked", &(id, key)).await.unwrap();
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
