//! `home-assistant`: `/api/stream`, with `?restrict=event_type,…` to follow some kinds of events
//! (https://developers.home-assistant.io/docs/api/rest/, and its component `api`).
//!
//! As seen with 2025.4: `data: ping`, which is no JSON, comes at once and after 50 s without an event.
//! Nothing has an id and nothing is replayed, so every break is a gap. The stream is that of its whole
//! bus: the server answers before it has started, and then tells a client of every service and part that
//! it loads. Its notifications are seen as the calls that make and dismiss them.

mod call;
mod signature;

use std::time::Duration;

use serde_json::{Map, Value};

use super::{Decoded, Feed, is_common_heartbeat};
use crate::message::{Message, RawEvent};
use call::Call;

/// Events by which its own parts and pages tell each other what they have: dozens at each start. Those
/// of its registries (`…_registry_updated`) are such, too.
const FOR_ITSELF: &[&str] = &[
    "component_loaded",
    "core_config_updated",
    "homeassistant_start",
    "logging_changed",
    "lovelace_updated",
    "panels_updated",
    "recorder_5min_statistics_generated",
    "recorder_hourly_statistics_generated",
    "service_registered",
    "service_removed",
    "themes_updated",
];

/// The feed of Home Assistant; see the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct HomeAssistant;

impl Feed for HomeAssistant {
    fn name(&self) -> &str {
        "home-assistant"
    }

    fn called(&self) -> &str {
        "Home Assistant"
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
        if FOR_ITSELF.contains(&kind) || kind.ends_with("_registry_updated") {
            return Decoded::Nothing;
        }
        let time = object.get("time_fired").and_then(Value::as_str).and_then(|at| at.parse().ok());
        let data = object.get("data").and_then(Value::as_object);
        let call = (kind == "call_service").then(|| data.and_then(Call::of)).flatten();
        if let Some(call) = call {
            return call.decode(time);
        }
        let (title, body) = match data {
            Some(data) if kind == "state_changed" => state_changed(data),
            Some(data) => (
                text(data, &["title", "name"]).unwrap_or(kind).to_owned(),
                text(data, &["message"]).map_or_else(|| shown(data), str::to_owned),
            ),
            None => (kind.to_owned(), String::new()),
        };
        Message { title: title.into(), body: body.into(), time, ..Message::of_text("") }.into()
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

/// The first of these members that says something.
fn text<'a>(data: &'a Map<String, Value>, names: &[&str]) -> Option<&'a str> {
    let mut found = names.iter().filter_map(|name| data.get(*name)?.as_str());
    found.find(|text| !text.is_empty())
}

/// All of what is in no usual place.
fn shown(data: &Map<String, Value>) -> String {
    match data.is_empty() {
        true => String::new(),
        false => serde_json::to_string(data).unwrap_or_default(),
    }
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
    fn what_its_parts_tell_each_other_is_no_message() {
        for kind in ["service_registered", "component_loaded", "area_registry_updated"] {
            let data = format!(r#"{{"event_type":"{kind}","data":{{"domain":"timer"}}}}"#);
            assert_eq!(decode(&data), Decoded::Nothing, "{kind}");
        }
        let started = decode(r#"{"event_type":"homeassistant_started","data":{}}"#);
        assert!(matches!(started, Decoded::Message(_)), "{started:?}");
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
