//! The signals in their order among the answers. A server may use the
//! number of a notification that has just gone for the next one: what was told of that number before the
//! answer is of the one before. It decides nothing else, and waits for no time.

use futures_util::{FutureExt, Stream, StreamExt};
use tokio::sync::mpsc;

use super::{Signal, system::At};

/// How many signals may wait to be taken. Later ones are lost; then a notification that is gone is taken
/// for one that is still there.
const SIGNALS_MAX: usize = 4096;

/// A signal, and where it was among all that came.
pub(super) type Told = (At, Signal);

/// See the module.
#[derive(Debug)]
pub struct Signals {
    kept: mpsc::Receiver<Told>,
    /// One that came after an answer that was taken meanwhile.
    ahead: Option<Told>,
    /// The number that was answered last, and where that was.
    answered: Option<(u32, At)>,
}

/// The answer to a notification that was sent: the server's number for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The server's number.
    pub number: u32,
    /// Where the answer was among all that came on the connection.
    pub(super) at: At,
}

impl Signals {
    /// Keeps signals until they are taken. A signal that waits in the connection would hold up every answer
    /// behind it, and whoever waits for that answer takes no signal.
    pub(super) fn of(mut signals: impl Stream<Item = Told> + Unpin + Send + 'static) -> Self {
        let (keep, kept) = mpsc::channel(SIGNALS_MAX);
        tokio::spawn(async move {
            while let Some(signal) = signals.next().await {
                // Each kind comes on a way of its own: a server tells of a button and then that its
                // notification is gone. What was sent before this is there by now.
                let mut all = vec![signal];
                while all.len() < SIGNALS_MAX
                    && let Some(Some(signal)) = signals.next().now_or_never()
                {
                    all.push(signal);
                }
                all.sort_by_key(|(at, _)| *at);
                for signal in all {
                    if let Err(mpsc::error::TrySendError::Closed(_)) = keep.try_send(signal) {
                        return;
                    }
                }
            }
        });
        Self { kept, ahead: None, answered: None }
    }

    /// The next signal; `None` where the bus is lost.
    pub async fn next(&mut self) -> Option<Signal> {
        loop {
            let told = match self.ahead.take() {
                Some(told) => told,
                None => self.kept.recv().await?,
            };
            if self.is_current(&told) {
                return Some(told.1);
            }
        }
    }

    /// An answer has come. Answers the signals that came before it: they are to be taken first.
    pub fn before(&mut self, answer: Answer) -> Vec<Signal> {
        let mut before = Vec::new();
        while let Some(told) = self.ahead.take().or_else(|| self.kept.try_recv().ok()) {
            if told.0 > answer.at {
                self.ahead = Some(told);
                break;
            }
            before.extend(self.is_current(&told).then_some(told.1));
        }
        self.answered = Some((answer.number, answer.at));
        before
    }

    /// Whether it is not of one that had its number before the one that has it now.
    fn is_current(&self, (at, signal): &Told) -> bool {
        let of = match signal {
            Signal::Owner(_) => None,
            Signal::Chosen(number, _)
            | Signal::Replied(number, _)
            | Signal::Closed { number, .. } => Some(*number),
        };
        !self.answered.is_some_and(|(number, answered)| of == Some(number) && *at < answered)
    }
}

// With the places of a real connection.
#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use zbus::{Message, MessageStream, conn};

    use super::*;

    /// Where so many messages are that came on a connection, in their order.
    async fn places(count: usize) -> Vec<At> {
        let (one, other) = tokio::net::UnixStream::pair().unwrap();
        let guid = zbus::Guid::generate();
        let server = conn::Builder::unix_stream(one).server(guid).unwrap().p2p().build();
        let client = conn::Builder::unix_stream(other).p2p().build();
        let (server, client) = tokio::try_join!(server, client).unwrap();
        let mut stream = MessageStream::from(client);
        for _ in 0..count {
            let message = Message::signal("/a", "a.b", "C").unwrap().build(&()).unwrap();
            server.send(&message).await.unwrap();
        }
        let mut places = Vec::new();
        while places.len() < count {
            places.push(stream.next().await.unwrap().unwrap().recv_position());
        }
        places
    }

    fn closed(number: u32) -> Signal {
        Signal::Closed { number, by_person: false }
    }

    #[tokio::test]
    async fn a_button_is_told_before_its_notification_is_gone_whichever_is_heard_first() {
        let at = places(3).await;
        let pressed = Signal::Chosen(7, "read".into());
        let told = [(at[1], closed(7)), (at[2], closed(8)), (at[0], pressed.clone())];
        let mut signals = Signals::of(futures_util::stream::iter(told));
        assert_eq!(signals.next().await, Some(pressed));
        assert_eq!(signals.next().await, Some(closed(7)));
        assert_eq!(signals.next().await, Some(closed(8)));
        assert_eq!(signals.next().await, None);
    }

    #[tokio::test]
    async fn what_was_told_before_an_answer_is_of_the_one_that_had_the_number_before() {
        let at = places(5).await;
        let (keep, kept) = mpsc::channel(9);
        let mut signals = Signals { kept, ahead: None, answered: None };
        for (place, number) in [(0, 7), (1, 5), (3, 5)] {
            keep.send((at[place], closed(number))).await.unwrap();
        }
        let answer = Answer { number: 5, at: at[2] };
        assert_eq!(signals.before(answer), [closed(7), closed(5)]);
        assert_eq!(signals.next().await, Some(closed(5)), "it is of the new one");
        // What arrives late is told of nobody, but for what is of another number.
        for (place, signal) in [
            (0, Signal::Chosen(5, "read".into())),
            (1, closed(5)),
            (0, closed(6)),
            (1, Signal::Owner(true)),
            (4, closed(5)),
        ] {
            keep.send((at[place], signal)).await.unwrap();
        }
        drop(keep);
        assert_eq!(signals.next().await, Some(closed(6)));
        assert_eq!(signals.next().await, Some(Signal::Owner(true)));
        assert_eq!(signals.next().await, Some(closed(5)));
        assert_eq!(signals.next().await, None);
    }
}
