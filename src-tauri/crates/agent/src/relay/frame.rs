//! What is written on the relay's stream: one block for each event. It makes text of values and nothing else.

use hark_api::{
    Message, RelayEvent, RelayGap, RelayId, RelayMessage, RelayRaw, RelayRemoved, RelayStatus, Time,
};
use hark_engine::feed::HOPS;
use hark_store::Relayed;
use serde::{Deserialize, Serialize};

use crate::to_api;

/// How long a browser waits before it comes back. Milliseconds.
const RETRY_MS: u32 = 2_000;

/// How many Harks a message may have passed through; what claims more goes no further.
const HOPS_MAX: usize = 16;
/// The longest name of one. Characters.
const HOP_CHARS_MAX: usize = 64;

/// Whose messages these are.
#[derive(Debug)]
pub(super) struct Own {
    /// The name of this Hark.
    pub(super) name: Box<str>,
    /// The store in which their ids are theirs.
    pub(super) epoch: Box<str>,
}

/// Writes what a stream begins with. A client that is sent no message comes back with this id all the same, and so
/// misses nothing of what came meanwhile (WHATWG HTML, 9.2.6: an id counts without data, too).
pub(super) fn beginning(out: &mut Vec<u8>, position: i64, own: &Own) {
    let id = RelayId::written(position, &own.epoch);
    out.extend_from_slice(format!("retry: {RETRY_MS}\nid: {id}\n\n").as_bytes());
}

/// The comment that says that the relay is there, with the client's position where it was not told that.
pub(super) fn heartbeat(untold: Option<i64>, own: &Own) -> Vec<u8> {
    let id = untold.map(|position| format!("id: {}\n", RelayId::written(position, &own.epoch)));
    format!(": heartbeat\n{}\n", id.unwrap_or_default()).into_bytes()
}

/// The Harks that a message has passed through before this one, as the relay that it came from says; none where
/// it came from a server, whose word for it is not taken. `None` where it has passed through too many.
/// `is_relay` says whether a subscription follows a relay.
pub(super) fn hops(relayed: &Relayed, is_relay: impl FnOnce(&str) -> bool) -> Option<Vec<String>> {
    #[derive(Deserialize)]
    struct Named {
        #[serde(default)]
        hark_hops: Vec<String>,
    }
    if !relayed.data.contains(HOPS) || !is_relay(&relayed.row.subscription) {
        return Some(Vec::new());
    }
    let named: Result<Named, _> = serde_json::from_str(&relayed.data);
    let hops = named.map(|named| named.hark_hops).unwrap_or_default();
    let is_bounded =
        hops.len() < HOPS_MAX && hops.iter().all(|hop| hop.chars().count() <= HOP_CHARS_MAX);
    is_bounded.then_some(hops)
}

/// Writes a message, as it came or decoded.
pub(super) fn message(out: &mut Vec<u8>, relayed: Relayed, raw: bool, hops: &[String], own: &Own) {
    let mut hark_hops = hops.to_vec();
    hark_hops.push(own.name.to_string());
    let Relayed { row, kind, data } = relayed;
    let Message {
        id,
        server_id,
        subscription,
        topic,
        title,
        body,
        priority,
        time,
        received,
        url,
        tags,
        icon,
        markdown,
        attachment,
        decision,
        ..
    } = to_api::message(row);
    let event = match raw {
        true => RelayEvent::Raw(Box::new(RelayRaw {
            id,
            server_id,
            subscription,
            topic,
            kind,
            data,
            received,
            hark_hops,
        })),
        false => RelayEvent::Message(Box::new(RelayMessage {
            id,
            server_id,
            subscription,
            topic,
            title,
            body,
            priority,
            time,
            received,
            url,
            tags,
            icon,
            markdown,
            attachment,
            decision,
            hark_hops,
        })),
    };
    event_block(out, &event, Some(own));
}

/// Writes that a message is gone.
pub(super) fn removed(out: &mut Vec<u8>, message: i64, subscription: &str) {
    let subscription = subscription.to_owned();
    event_block(out, &RelayEvent::Removed(RelayRemoved { message, subscription }), None);
}

/// Writes that messages may be missing.
pub(super) fn gap(out: &mut Vec<u8>, gap: RelayGap, own: &Own) {
    event_block(out, &RelayEvent::Gap(gap), Some(own));
}

/// Writes how an upstream is.
pub(super) fn status(out: &mut Vec<u8>, status: &RelayStatus) {
    event_block(out, &RelayEvent::Status(status.clone()), None);
}

fn event_block(out: &mut Vec<u8>, event: &RelayEvent, own: Option<&Own>) {
    let id = |id| own.map(|own| RelayId::written(id, &own.epoch));
    match event {
        // The type that a browser calls `onmessage` for is the one that is not named.
        RelayEvent::Message(message) => block(out, id(message.id), None, message),
        RelayEvent::Raw(raw) => block(out, id(raw.id), None, raw),
        RelayEvent::Removed(removed) => block(out, None, Some("removed"), removed),
        RelayEvent::Status(status) => block(out, None, Some("status"), status),
        RelayEvent::Gap(gap) => block(out, id(gap.after), Some("gap"), gap),
    }
}

/// JSON has no line feed in it: a block has one line of data.
fn block(out: &mut Vec<u8>, id: Option<String>, name: Option<&str>, data: &impl Serialize) {
    if let Some(id) = id {
        out.extend_from_slice(format!("id: {id}\n").as_bytes());
    }
    if let Some(name) = name {
        out.extend_from_slice(format!("event: {name}\n").as_bytes());
    }
    out.extend_from_slice(b"data: ");
    // Values of our own types always are JSON.
    let _ = serde_json::to_writer(&mut *out, data);
    out.extend_from_slice(b"\n\n");
}

/// How an upstream is, of what is known of its link.
pub(super) fn upstream(link: &hark_api::Link) -> RelayStatus {
    use hark_api::{Phase, Upstream};
    let (state, since, cause): (_, Option<Time>, _) = match &link.phase {
        Phase::Streaming { since, .. } => (Upstream::Up, Some(*since), None),
        Phase::Paused => (Upstream::Paused, None, None),
        Phase::Idle | Phase::Dialing { cause: None, .. } => (Upstream::Connecting, None, None),
        Phase::Dialing { cause: Some(cause), .. }
        | Phase::BackingOff { cause, .. }
        | Phase::Halted { cause } => (Upstream::Down, None, Some(cause.clone())),
    };
    let (subscription, name) = (link.subscription.clone(), link.name.clone());
    RelayStatus { subscription, name, state, since, cause }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_event_is_one_block_with_one_line_of_data() {
        assert_eq!(
            text(|out| removed(out, 7, "a\nb")),
            "event: removed\ndata: {\"message\":7,\"subscription\":\"a\\nb\"}\n\n"
        );
        let own = Own { name: "desk".into(), epoch: "a1".into() };
        let missing = RelayGap { subscription: None, after: 3, up_to: Some(9) };
        assert_eq!(
            text(|out| gap(out, missing, &own)),
            "id: 3.a1\nevent: gap\ndata: {\"subscription\":null,\"after\":3,\"up_to\":9}\n\n"
        );
    }
}
