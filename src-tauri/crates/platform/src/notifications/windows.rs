//! Windows: toasts, by the system's own classes (`Windows.UI.Notifications`), with XML of our own. A toast has a
//! tag, which is our number, and a group, which is this Hark's: by these it is replaced and withdrawn, also by a
//! later run, since toasts outlive their process. The classes may block, so a thread of its own asks them, one
//! call after the other; what they tell comes on threads of theirs.
//!
//! Not run on Windows: Wine has no toasts, and there it is seen that this is said and nothing breaks.

mod identity;
mod pictures;
mod toasts;

use std::thread;

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream};
use tokio::sync::{mpsc, oneshot};

use super::{Answer, BusError, Program, Sent, Server, Signals};
use toasts::Toasts;

/// Where a signal or an answer was among all: they are counted.
pub(super) type At = u64;

/// What the person can do where nobody shows notifications.
pub const ADVICE: &str = "Look in Windows' settings, under System and Notifications.";

/// Calls that may wait for the thread: there is one at a time, and those that were given up.
const CALLS_MAX: usize = 16;
/// Signals that may wait to be taken over.
const SIGNALS_MAX: usize = 256;

/// Where the answer to a call goes. Nobody may wait for it any more.
type To<T> = oneshot::Sender<Result<T, BusError>>;

/// What the thread is asked.
enum Call {
    Ask(To<Server>),
    Show { sent: Box<Sent>, replaces: Option<u32>, to: To<Answer> },
    Close(u32, To<()>),
}

/// See the module.
pub struct Bus {
    calls: mpsc::Sender<Call>,
}

impl Bus {
    /// Begins. Answers also the signals that will come.
    ///
    /// # Errors
    /// Where no thread can be had.
    #[allow(clippy::unused_async, reason = "the shape of all systems")]
    pub async fn connect(program: Program) -> Result<(Self, Signals), BusError> {
        let (calls, mut waiting) = mpsc::channel(CALLS_MAX);
        let (tell, told) = mpsc::channel(SIGNALS_MAX);
        let begun = thread::Builder::new().name("toasts".to_owned()).spawn(move || {
            let mut toasts = Toasts::new(program, tell);
            while let Some(call) = waiting.blocking_recv() {
                match call {
                    Call::Ask(to) => drop(to.send(toasts.ask())),
                    Call::Show { sent, replaces, to } => {
                        drop(to.send(toasts.show(&sent, replaces)))
                    }
                    Call::Close(number, to) => drop(to.send(toasts.close(number))),
                }
            }
        });
        begun.map_err(|error| BusError::Absent(error.to_string()))?;
        let told = stream::unfold(told, |mut told| async move {
            told.recv().await.map(|signal| (signal, told))
        });
        Ok((Self { calls }, Signals::of(told.boxed())))
    }

    /// Asks whether Windows shows Hark's toasts, and what it can.
    ///
    /// # Errors
    /// Where it does not.
    pub fn ask(&self) -> impl Future<Output = Result<Server, BusError>> + Send + use<> {
        self.call(Call::Ask)
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
        self.call(move |to| Call::Show { sent: Box::new(sent), replaces, to })
    }

    /// Withdraws a notification.
    ///
    /// # Errors
    /// Where Windows refuses. That there is none of that number is no error.
    pub fn close(
        &self,
        _server: String,
        number: u32,
    ) -> impl Future<Output = Result<(), BusError>> + Send + use<> {
        self.call(move |to| Call::Close(number, to))
    }

    /// Has the thread do this.
    fn call<T: Send + 'static>(
        &self,
        call: impl FnOnce(To<T>) -> Call,
    ) -> BoxFuture<'static, Result<T, BusError>> {
        let (to, answer) = oneshot::channel();
        let sent = self.calls.try_send(call(to));
        let answered = async move {
            // A thread that hangs in a call has its queue full at some time.
            sent.map_err(|_| BusError::Absent("Windows does not answer".to_owned()))?;
            answer.await.unwrap_or(Err(BusError::Vanished))
        };
        answered.boxed()
    }
}

#[cfg(test)]
mod tests {
    use notify_rust::{Notification, Urgency};

    use super::{super::Manner, *};

    /// On Windows itself this shows a toast and withdraws it; where there are none, that is what is said.
    #[tokio::test]
    async fn it_is_shown_and_withdrawn_or_it_is_said_that_nobody_shows_it() {
        let program = Program { name: "hark", folder: None, opener: None };
        let (bus, _signals) = Bus::connect(program).await.unwrap();
        let mut notification = Notification::new();
        notification.summary("Hark").body("A test: <b>&\"'");
        let manner = Manner::of(Urgency::Normal);
        let sent = Sent { notification, manner, picture: None };
        match bus.ask().await {
            Ok(server) => {
                let answer = bus.show(server.unique.clone(), sent, None).await.unwrap();
                bus.close(server.unique, answer.number).await.unwrap();
            }
            Err(error) => {
                assert!(matches!(error, BusError::Absent(_)), "{error:?}");
                let shown = bus.show(String::new(), sent, None).await;
                assert!(matches!(shown, Err(BusError::Absent(_))), "{shown:?}");
                let closed = bus.close(String::new(), 1).await;
                assert!(matches!(closed, Err(BusError::Absent(_))), "{closed:?}");
            }
        }
    }
}
