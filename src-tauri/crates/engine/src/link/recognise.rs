//! A server of which it is not known yet what it speaks: recognised at its first answer, on the
//! connection that brings it. Until then it is a plain stream, of which nothing has been delivered.

use super::{
    ConnId, Effect, Phase, Reason,
    machine::{Link, Out},
    stream::Second,
};
use crate::{Moment, feed, heartbeat::Heartbeat, wire::Arrival};

impl Link {
    /// Whether it is not known yet what the server speaks.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.config.recogniser.is_some()
    }

    /// Looks at what arrived. Where it is clear by it what the server speaks, that is spoken from now
    /// on; and where the server would have been asked otherwise, it is asked anew. Answers whether
    /// that is so, and what arrived counts no more.
    pub(super) fn recognise(
        &mut self,
        conn: ConnId,
        arrival: &Arrival,
        now: Moment,
        out: Out<'_>,
    ) -> bool {
        let is_first = match &self.phase {
            Phase::Dialing { conn: dialled, .. } => *dialled == conn,
            Phase::Streaming(stream) => stream.conn == conn,
            _ => false,
        };
        let Some(recogniser) = self.config.recogniser.as_mut().filter(|_| is_first) else {
            return false;
        };
        let Some(recognition) = recogniser.handle(arrival) else { return false };
        let Some(feed) = feed::by_name(recognition.feed) else { return false };
        let Some(recogniser) = self.config.recogniser.take() else { return false };
        self.heartbeat = Heartbeat::new(self.config.expect, feed.cadence_default());
        self.config.feed = feed;
        out.push(Effect::Recognised(recognition));
        if !recogniser.was_asked_as(&*self.config.feed) {
            out.push(Effect::HangUp(conn));
            self.dial(Reason::Anew, now, out);
            return true;
        }
        if let Phase::Streaming(stream) = &self.phase {
            if let Second::Dialing { conn, .. } = stream.second {
                out.push(Effect::HangUp(conn));
            }
            let proof = Some(self.heartbeat.proof());
            self.stream_on(conn, recogniser.head(), proof, now, out);
        }
        false
    }
}
