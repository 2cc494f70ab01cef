//! macOS: `UNUserNotificationCenter`, by the crate that notify-rust has for it, asked directly: notify-rust's own
//! way has no field for an answer, and no list of what is there. A notification's identifier is our number, by
//! which it is replaced and withdrawn, also by a later run. macOS has notifications for applications alone: outside
//! a bundle (`Hark.app`) it is said that nobody shows them. What the person does with one is told on the main
//! thread (see [`crate::main_thread`]); one at a time is awaited for each that is shown.
//!
//! Not run yet: it was type-checked.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    },
};

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream};
use mac_usernotifications::{
    Action, Error, InterruptionLevel, Notification as Request, NotificationHandle,
    NotificationResponse, check_bundle, close_delivered, get_delivered_notification_ids,
    request_auth,
};
use notify_rust::Urgency;
use tokio::{sync::mpsc, task::AbortHandle};

use super::{
    Answer, BusError, KEY_BYTES_MAX, Program, REPLY_BYTES_MAX, Sent, Server, Signal, Signals,
    Sound, number_after, signals::Told,
};

/// Where a signal or an answer was among all: they are counted.
pub(super) type At = u64;

/// What the person can do where nobody shows notifications.
pub const ADVICE: &str = "Allow Hark in System Settings, under Notifications.";

/// Signals that may wait to be taken over.
const SIGNALS_MAX: usize = 256;
/// Notifications whose clicks are heard.
const KEPT_MAX: usize = 64;
/// What they can do, by the names of the Desktop Notifications Specification.
const CAPABILITIES: [&str; 5] = ["actions", "body", "inline-reply", "persistence", "sound"];
/// The key of a click, and of the field for an answer.
const CLICK: &str = "default";
const REPLY: &str = "inline-reply";

/// See the module.
pub struct Bus(Arc<Inner>);

struct Inner {
    tell: mpsc::Sender<Told>,
    count: AtomicU64,
    /// The number that was given last.
    last: AtomicU32,
    /// Whom what the person does is awaited of, the oldest first.
    heard: Mutex<VecDeque<(u32, AbortHandle)>>,
}

impl Bus {
    /// Begins. Answers also the signals that will come.
    ///
    /// # Errors
    /// None: who shows notifications is asked later.
    #[allow(clippy::unused_async, reason = "the shape of all systems")]
    pub async fn connect(_program: Program) -> Result<(Self, Signals), BusError> {
        let (tell, told) = mpsc::channel(SIGNALS_MAX);
        let told = stream::unfold(told, |mut told| async move {
            told.recv().await.map(|signal| (signal, told))
        });
        let (count, last) = (AtomicU64::new(1), AtomicU32::new(0));
        let bus = Arc::new(Inner { tell, count, last, heard: Mutex::default() });
        Ok((Self(bus), Signals::of(told.boxed())))
    }

    /// Asks whether macOS shows Hark's notifications, which asks the person once.
    ///
    /// # Errors
    /// Where it does not.
    pub fn ask(&self) -> impl Future<Output = Result<Server, BusError>> + Send + use<> {
        let bus = self.0.clone();
        let asked = async move {
            check_bundle().map_err(bus_error)?;
            if !request_auth().await.map_err(bus_error)? {
                let why = "System Settings do not let Hark show notifications";
                return Err(BusError::Absent(why.to_owned()));
            }
            let there = get_delivered_notification_ids().await;
            let there = there.iter().filter_map(|id| id.parse::<u32>().ok());
            bus.last.fetch_max(there.max().unwrap_or_default(), Relaxed);
            Ok(Server {
                name: "macOS".to_owned(),
                capabilities: CAPABILITIES.map(str::to_owned).to_vec(),
                unique: "macOS".to_owned(),
                // Numbers hold for as long as macOS keeps notifications.
                owner: "macOS".to_owned(),
            })
        };
        boxed(asked)
    }

    /// Has a notification shown, in the place of the one of the number `replaces` where that is still there.
    /// Answers its number.
    ///
    /// # Errors
    /// Where it is not shown.
    pub fn show(
        &self,
        _server: String,
        sent: Sent,
        replaces: Option<u32>,
    ) -> impl Future<Output = Result<Answer, BusError>> + Send + use<> {
        let bus = self.0.clone();
        boxed(async move {
            let number = replaces.unwrap_or_else(|| bus.next_number());
            bus.forget(number);
            let at = bus.count.fetch_add(1, Relaxed);
            let handle = request(&sent, number).send().await.map_err(bus_error)?;
            bus.hear(number, handle);
            Ok(Answer { number, at })
        })
    }

    /// Withdraws a notification.
    ///
    /// # Errors
    /// None: that there is none of that number is no error.
    pub fn close(
        &self,
        _server: String,
        number: u32,
    ) -> impl Future<Output = Result<(), BusError>> + Send + use<> {
        let bus = self.0.clone();
        boxed(async move {
            bus.forget(number);
            close_delivered(&number.to_string()).await;
            bus.signal(Signal::Closed { number, by_person: false });
            Ok(())
        })
    }
}

impl Inner {
    /// Later ones are lost where too many wait.
    fn signal(&self, signal: Signal) {
        let at = self.count.fetch_add(1, Relaxed);
        let _ = self.tell.try_send((at, signal));
    }

    /// Hears what the person does with this one.
    fn hear(self: &Arc<Self>, number: u32, handle: NotificationHandle) {
        let bus = self.clone();
        let hearing = tokio::spawn(async move {
            let Ok(response) = handle.response().await else { return };
            let is_closed = response.is_dismiss_action();
            told(number, response).into_iter().for_each(|signal| bus.signal(signal));
            // What was clicked is gone, too.
            bus.signal(Signal::Closed { number, by_person: is_closed });
        });
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.push_back((number, hearing.abort_handle()));
        if heard.len() > KEPT_MAX
            && let Some((_, oldest)) = heard.pop_front()
        {
            oldest.abort();
        }
    }

    /// Hears nothing more of the one that has this number.
    fn forget(&self, number: u32) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.retain(|(of, hearing)| {
            if *of == number {
                hearing.abort();
            }
            *of != number
        });
    }

    /// See [`number_after`].
    fn next_number(&self) -> u32 {
        // It is asked for by one call at a time.
        let number = number_after(self.last.load(Relaxed));
        self.last.store(number, Relaxed);
        number
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let heard = self.heard.get_mut().unwrap_or_else(PoisonError::into_inner);
        heard.iter().for_each(|(_, hearing)| hearing.abort());
    }
}

/// A notification as macOS has it.
fn request(sent: &Sent, number: u32) -> Request {
    let Sent { notification, manner, .. } = sent;
    let level = match manner.urgency {
        Urgency::Low => InterruptionLevel::Passive,
        Urgency::Normal => InterruptionLevel::Active,
        Urgency::Critical => InterruptionLevel::TimeSensitive,
    };
    let request = Request::new()
        .title(&notification.summary)
        .message(&notification.body)
        .id(&number.to_string())
        .interruption_level(level);
    let request = match &manner.sound {
        Sound::Usual => request.default_sound(),
        Sound::Named(name) => request.sound(name.as_str()),
        Sound::Silent => request,
    };
    let actions = notification.actions.chunks_exact(2);
    let actions = actions.map(|it| (it[0].as_str(), it[1].as_str()));
    // Of one without a button it would be asked twice a second whether it is still there.
    let is_button = |(key, _): &(&str, &str)| *key != CLICK || notification.actions.len() == 2;
    actions.filter(is_button).fold(request, |request, (key, label)| match key {
        REPLY => request.action(Action::reply(REPLY, label, label, label)),
        key => request.action(Action::button(key, label)),
    })
}

/// What the person has done with a notification; none where it was closed.
fn told(number: u32, response: NotificationResponse) -> Option<Signal> {
    if response.is_dismiss_action() || response.is_timed_out() {
        return None;
    }
    if response.is_default_action() {
        return Some(Signal::Chosen(number, CLICK.to_owned()));
    }
    match response.reply_text {
        Some(text) => (text.len() <= REPLY_BYTES_MAX).then_some(Signal::Replied(number, text)),
        None => {
            let key = response.action_identifier;
            (key.len() <= KEY_BYTES_MAX).then_some(Signal::Chosen(number, key))
        }
    }
}

fn bus_error(error: Error) -> BusError {
    match error {
        Error::NotificationRejected => BusError::Refused(error.to_string()),
        error => BusError::Absent(error.to_string()),
    }
}

fn boxed<T>(
    answer: impl Future<Output = Result<T, BusError>> + Send + 'static,
) -> BoxFuture<'static, Result<T, BusError>> {
    answer.boxed()
}
