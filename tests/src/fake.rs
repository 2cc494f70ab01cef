//! Parts of a desktop that only take notes.

use std::{
    collections::HashMap,
    fmt,
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
#[derive(Clone, PartialEq, Eq)]
pub struct Pixels {
    /// In pixels.
    pub width: i32,
    /// In pixels.
    pub height: i32,
    /// Four bytes each.
    pub rgba: Vec<u8>,
}

/// Not all of them.
impl fmt::Debug for Pixels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} x {} pixels", self.width, self.height)
    }
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

/// What a notification server is like, whatever it is asked. What the real ones do is in their sources.
#[derive(Clone, Copy, Debug)]
pub struct Manners {
    /// What it calls itself.
    pub name: &'static str,
    /// What it says it can do.
    pub capabilities: &'static [&'static str],
    /// Signals go to the sender of a notification alone.
    pub tells_sender_only: bool,
    /// Drops the notifications of a sender that leaves the bus.
    pub forgets_senders: bool,
    /// Gives a number of its own where the one that is to be replaced is gone. Else it gives that one.
    pub drops_unknown: bool,
    /// Refuses what is as the one before it, for this long.
    pub refuses_identical: Option<Duration>,
    /// Uses a number again as soon as it is free.
    pub reuses_numbers: bool,
    /// Tells that one has gone by itself just before it is replaced.
    pub expires_before_update: bool,
    /// How long each answer takes.
    pub delay: Duration,
}

/// Those of one that does as the specification says.
pub const USUAL: Manners = Manners {
    name: "fake",
    capabilities: &["actions", "body", "icon-static"],
    tells_sender_only: false,
    forgets_senders: false,
    drops_unknown: false,
    refuses_identical: None,
    reuses_numbers: false,
    expires_before_update: false,
    delay: Duration::ZERO,
};

/// A notification that is on its screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnScreen {
    /// Its number.
    pub id: u32,
    /// Whose it is, by the unique name.
    pub sender: String,
    /// Its title.
    pub summary: String,
    /// Its text.
    pub body: String,
}

/// A notification server that shows nothing and acknowledges all, unless it is told otherwise.
pub struct Notifications {
    /// The manner of answering, by a text in the title.
    answers: Arc<Mutex<Vec<(String, Manner)>>>,
    /// While it is true, nothing at all is answered.
    frozen: watch::Sender<bool>,
    screen: Screen,
    manners: Manners,
    /// The calls as they come.
    pub calls: UnboundedReceiver<Notified>,
    /// The numbers that were closed, as they come.
    pub closed: UnboundedReceiver<u32>,
    connection: zbus::Connection,
    _bus: Option<Bus>,
}

type Screen = Arc<Mutex<Vec<OnScreen>>>;

struct NotificationServer {
    calls: UnboundedSender<Notified>,
    closed: UnboundedSender<u32>,
    last: AtomicU32,
    /// What it refuses, and until when.
    before: Mutex<Option<(String, Instant)>>,
    answers: Arc<Mutex<Vec<(String, Manner)>>>,
    frozen: watch::Receiver<bool>,
    screen: Screen,
    manners: Manners,
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

    /// The number for a notification, in the place of this one.
    fn number(&self, replaces: u32) -> u32 {
        let screen = self.screen.lock().unwrap();
        let is_used = |id: u32| screen.iter().any(|shown| shown.id == id);
        if replaces != 0 && (is_used(replaces) || !self.manners.drops_unknown) {
            return replaces;
        }
        match self.manners.reuses_numbers {
            true => (1..).find(|id| !is_used(*id)).unwrap(),
            false => self.last.fetch_add(1, Relaxed) + 1,
        }
    }

    async fn forget_senders(&self, emitter: &SignalEmitter<'_>) {
        let bus = zbus::fdo::DBusProxy::new(emitter.connection()).await.unwrap();
        let all = self.screen.lock().unwrap().clone();
        for OnScreen { id, sender, .. } in all {
            if !bus.name_has_owner(sender.as_str().try_into().unwrap()).await.unwrap() {
                self.screen.lock().unwrap().retain(|shown| shown.id != id);
            }
        }
    }
}

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
/// The specification's reasons: gone by itself, dismissed by the person, closed by a call.
const EXPIRED: u32 = 1;
const DISMISSED: u32 = 2;
const CLOSED: u32 = 3;

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl NotificationServer {
    #[allow(clippy::too_many_arguments, reason = "the specification's")]
    async fn notify(
        &self,
        #[zbus(header)] header: Header<'_>,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
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
        let manners = self.manners;
        if manners.forgets_senders {
            self.forget_senders(&emitter).await;
        }
        let (summary, body) = (summary.to_owned(), body.to_owned());
        let sound = hints.get("sound-name").and_then(|name| name.downcast_ref::<String>().ok());
        let id = self.number(replaces);
        let held = |(text, _): &&(String, Manner)| summary.contains(text);
        let answer = self.answers.lock().unwrap().iter().find(held).map(|(_, manner)| *manner);
        let actions =
            actions.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
        let sender = header.sender().unwrap().to_string();
        let shown = OnScreen { id, sender, summary: summary.clone(), body: body.clone() };
        let text = format!("{summary}\n{body}");
        // An error means that the test has stopped reading.
        let picture = hints.get("image-data").map(Pixels::of);
        let call = Notified { at, summary, body, replaces, id, sound, actions, picture };
        _ = self.calls.send(call);
        self.thawed().await;
        if let Some(span) = manners.refuses_identical {
            let before = self.before.lock().unwrap().replace((text.clone(), at + span));
            if before.is_some_and(|(said, until)| said == text && at < until) {
                return Err(Named(
                    "org.freedesktop.Notifications.Error.ExcessNotificationGeneration",
                ));
            }
        }
        match answer {
            Some(Manner::Error(name)) => return Err(Named(name)),
            Some(Manner::After(delay)) => sleep(delay).await,
            Some(Manner::Never) => pending().await,
            None if manners.delay.is_zero() => {}
            None => sleep(manners.delay).await,
        }
        if manners.expires_before_update && replaces == id {
            emitter.emit(NAME, "NotificationClosed", &(id, EXPIRED)).await.unwrap();
        }
        let mut screen = self.screen.lock().unwrap();
        screen.retain(|shown| shown.id != id);
        screen.push(shown);
        Ok(id)
    }

    async fn close_notification(
        &self,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
        id: u32,
    ) {
        _ = self.closed.send(id);
        self.thawed().await;
        let sender = take(&self.screen, id);
        tell_closed(self.manners, emitter.connection(), sender, id, CLOSED).await;
    }

    async fn get_capabilities(&self) -> Vec<String> {
        self.thawed().await;
        self.manners.capabilities.iter().map(|&name| name.to_owned()).collect()
    }

    async fn get_server_information(&self) -> (&str, &str, &str, &str) {
        self.thawed().await;
        (self.manners.name, "hark", "1", "1.2")
    }
}

/// Takes one off a screen. Answers whose it was.
fn take(screen: &Screen, id: u32) -> Option<String> {
    let mut screen = screen.lock().unwrap();
    let place = screen.iter().position(|shown| shown.id == id)?;
    Some(screen.remove(place).sender)
}

async fn tell_closed(
    manners: Manners,
    connection: &zbus::Connection,
    sender: Option<String>,
    id: u32,
    reason: u32,
) {
    let to = sender.filter(|_| manners.tells_sender_only);
    let body = (id, reason);
    connection.emit_signal(to.as_deref(), PATH, NAME, "NotificationClosed", &body).await.unwrap();
}

impl Notifications {
    /// Serves on a bus.
    pub async fn start(bus: &Bus) -> Self {
        Self::with(USUAL, bus).await
    }

    /// Starts on a bus without the name of notification servers.
    pub async fn nameless(bus: &Bus) -> Self {
        Self::nameless_with(USUAL, bus).await
    }

    /// Serves on a bus and calls itself as a real one does.
    pub async fn like(name: &'static str, bus: &Bus) -> Self {
        Self::with(Manners { name, ..USUAL }, bus).await
    }

    /// Serves on a bus with these manners.
    pub async fn with(manners: Manners, bus: &Bus) -> Self {
        let served = Self::nameless_with(manners, bus).await;
        served.take_name().await;
        served
    }

    /// Starts on a bus with these manners and without the name.
    pub async fn nameless_with(manners: Manners, bus: &Bus) -> Self {
        let (sender, calls) = unbounded_channel();
        let (close, closed) = unbounded_channel();
        let connection = bus.connect().await;
        let answers = Arc::<Mutex<Vec<_>>>::default();
        let screen = Screen::default();
        let (frozen, thawed) = watch::channel(false);
        let server = NotificationServer {
            calls: sender,
            closed: close,
            last: AtomicU32::new(0),
            before: Mutex::default(),
            answers: Arc::clone(&answers),
            frozen: thawed,
            screen: Arc::clone(&screen),
            manners,
        };
        connection.object_server().at(PATH, server).await.unwrap();
        Self { answers, frozen, screen, manners, calls, closed, connection, _bus: None }
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
        self.answers.lock().unwrap().push((title.to_owned(), manner));
    }

    /// From now on takes calls and answers none; or answers again, the waiting ones too.
    pub fn freeze(&self, frozen: bool) {
        self.frozen.send_replace(frozen);
    }

    /// What is on its screen, the latest last.
    #[must_use]
    pub fn screen(&self) -> Vec<OnScreen> {
        self.screen.lock().unwrap().clone()
    }

    /// The person closes the notification of this number.
    pub async fn dismiss(&self, id: u32) {
        self.shows(id).await;
        let sender = take(&self.screen, id);
        tell_closed(self.manners, &self.connection, sender, id, DISMISSED).await;
    }

    /// The person presses the button of this key on the notification of this number.
    pub async fn press(&self, id: u32, key: &str) {
        let shown = self.shows(id).await;
        let to = self.manners.tells_sender_only.then_some(shown.sender);
        let (body, to) = ((id, key), to.as_deref());
        self.connection.emit_signal(to, PATH, NAME, "ActionInvoked", &body).await.unwrap();
    }

    /// Waits until this number is on the screen: a call that has come is not answered yet.
    async fn shows(&self, id: u32) -> OnScreen {
        eventually(&format!("{id} is on the screen"), LONG, async || {
            self.screen().into_iter().find(|shown| shown.id == id).ok_or("it is not")
        })
        .await
    }

    /// The person types this answer into the notification of this number, as in KDE.
    pub async fn reply(&self, id: u32, text: &str) {
        let shown = self.shows(id).await;
        let to = self.manners.tells_sender_only.then_some(shown.sender);
        let (body, to) = ((id, text), to.as_deref());
        self.connection.emit_signal(to, PATH, NAME, "NotificationReplied", &body).await.unwrap();
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
