//! `home-assistant`: `/api/stream`, with `?restrict=event_type,…` to follow some kinds of events
//! (https://developers.home-assistant.io/docs/api/rest/, and its component `api`).
//!
//! `data: ping`, which is no JSON, comes at once and after 50 s without an event. Nothing has an id
//! and nothing is replayed, so every break is a gap.

mod signature;

use std::time::Duration;

use serde_json::{Map, Value};

use super::{Decoded, Feed, is_common_heartbeat};
use crate::message::{Message, RawEvent};

/// The feed of Home Assistant; see the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct HomeAssistant;

impl Feed for HomeAssistant {
    fn name(&self) -> &str {
        "home-assistant"
    }

    fn replays(&self) -> bool {
        false
    }

    fn cadence_default(&self) -> Option<Duration> {
        Some(Duration::from_secs(50))
    }

    /// aiohttp's words for a request without a token that it takes.
    fn explain(&self, status: u16, detail: &str) -> Option<String> {
        let words = "Home Assistant wants a long-lived access token, which it makes in your profile \
                     under Security";
        (status == 401 && detail == "401: Unauthorized").then(|| words.to_owned())
    }

    fn decode(&self, event: &RawEvent) -> Decoded {
        if is_common_heartbeat(event) || event.data.trim() == "ping" {
            return Decoded::Heartbeat;
        }
        let Ok(Value::Object(object)) = serde_json::from_str(&event.data) else {
            return Decoded::Junk("it is no Home Assistant event");
        };
        let Some(kind) = object.get("event_type").and_then(Value::as_str) else {
            return Decoded::Junk("it is no Home Assistant event");
        };
        let data = object.get("data").and_then(Value::as_object);
        let (title, body) = match data {
            Some(data) if kind == "state_changed" => state_changed(data),
            Some(data) => other(kind, data),
            None => (kind.to_owned(), String::new()),
        };
        let message = Message {
            title: title.into(),
            body: body.into(),
            time: object.get("time_fired").and_then(Value::as_str).and_then(|at| at.parse().ok()),
            ..Message::of_text("")
        };
        message.into()
    }
}

/// `Kitchen door`, `off → on`.
fn state_changed(data: &Map<String, Value>) -> (String, String) {
    let state = |name: &str| {
        let state = data.get(name)?;
        let unit = state.pointer("/attributes/unit_of_measurement").and_then(Value::as_str);
        let text = state.get("state")?.as_str()?;
        Some(unit.map_or_else(|| text.to_owned(), |unit| format!("{text} {unit}")))
    };
    let name = ["new_state", "old_state"]
        .iter()
        .find_map(|which| data.get(*which)?.pointer("/attributes/friendly_name")?.as_str())
        .or_else(|| data.get("entity_id")?.as_str())
        .unwrap_or("state_changed");
    let body = match (state("old_state"), state("new_state")) {
        (Some(old), Some(new)) if old != new => format!("{old} → {new}"),
        (_, Some(new)) => new,
        (Some(old), None) => format!("{old} → (removed)"),
        (None, None) => String::new(),
    };
    (name.to_owned(), body)
}

/// Of an event whose data is not known: what stands in the usual places, else all of it.
fn other(kind: &str, data: &Map<String, Value>) -> (String, String) {
    let service = data.get("service_data").and_then(Value::as_object);
    let find = |names: &[&str]| {
        names.iter().find_map(|name| {
            let found = data.get(*name).or_else(|| service?.get(*name))?.as_str()?;
            (!found.is_empty()).then(|| found.to_owned())
        })
    };
    let body = find(&["message"]).unwrap_or_else(|| match data.is_empty() {
        true => String::new(),
        false => serde_json::to_string(data).unwrap_or_default(),
    });
    (find(&["title", "name"]).unwrap_or_else(|| kind.to_owned()), body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(data: &str) -> Decoded {
        HomeAssistant.decode(&RawEvent { kind: "message".into(), data: data.into(), own_id: None })
    }

    #[test]
    fn the_ping_is_a_heartbeat_and_what_is_no_event_is_set_aside() {
        assert_eq!(decode("ping"), Decoded::Heartbeat);
        for junk in ["pong", "[]", r#"{"event_type":7}"#, r#"{"event_type":"cut"#] {
            assert!(matches!(decode(junk), Decoded::Junk(_)), "{junk}");
        }
    }

    #[test]
    fn a_state_is_told_by_its_name_and_both_values() {
        let told = |old: &str, new: &str| {
            let data = format!(
                r#"{{"event_type":"state_changed","data":{{"entity_id":"sensor.t","old_state":{old},"new_state":{new}}}}}"#
            );
            match decode(&data) {
                Decoded::Message(message) => (message.title, message.body),
                other => panic!("{other:?}"),
            }
        };
        let warm =
            r#"{"state":"21","attributes":{"friendly_name":"Attic","unit_of_measurement":"°C"}}"#;
        let plain = |text: &str| text.to_owned();
        for (old, new, title, body) in [
            (r#"{"state":"20"}"#, warm, "Attic", "20 → 21 °C"),
            ("null", warm, "Attic", "21 °C"),
            (warm, "null", "Attic", "21 °C → (removed)"),
            (r#"{"state":"on"}"#, r#"{"state":"on"}"#, "sensor.t", "on"),
            ("[]", "7", "sensor.t", ""),
        ] {
            assert_eq!(told(old, new), (plain(title).into(), plain(body).into()), "{old} {new}");
        }
    }
}
