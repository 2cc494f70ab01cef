//! A call of a service, which is how automations, scripts and people have Home Assistant do something:
//! notify of something, too.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{shown, text};
use crate::{
    feed::Decoded,
    message::{Change, Message, Sequence, name},
};

/// What is called, with what it is given.
pub(super) struct Call<'a> {
    domain: &'a str,
    service: &'a str,
    given: Option<&'a Map<String, Value>>,
}

impl<'a> Call<'a> {
    /// `None` where the event does not say what is called.
    pub(super) fn of(data: &'a Map<String, Value>) -> Option<Self> {
        Some(Self {
            domain: text(data, &["domain"])?,
            service: text(data, &["service"])?,
            given: data.get("service_data").and_then(Value::as_object),
        })
    }

    pub(super) fn decode(&self, time: Option<Timestamp>) -> Decoded {
        let find = |names: &[&str]| self.given.and_then(|given| text(given, names));
        let is_kept = self.domain == "persistent_notification";
        // Its page shows the latest one of an id, until it is dismissed.
        let id = find(&["notification_id"]).filter(|_| is_kept).and_then(name);
        if is_kept && self.service != "create" {
            // What was told stays in the history; there is nothing to look at any more.
            return id.map_or(Decoded::Nothing, |id| Decoded::Change(Change::Read(id)));
        }
        let message = find(&["message"]);
        let title = match find(&["title"]) {
            Some(title) => title.to_owned(),
            // Notifications have a title only where it is given.
            None if message.is_some() && (is_kept || self.domain == "notify") => String::new(),
            None => format!("{}.{}", self.domain, self.service),
        };
        let body = message.map_or_else(|| self.given.map(shown).unwrap_or_default(), str::to_owned);
        let sequence = id.map(|id| Sequence { id, replaces: true, begins: false });
        let message = Message { time, sequence, ..Message::of_text(&body) };
        Message { title: title.as_str().into(), ..message }.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        feed::{Feed, HomeAssistant},
        message::RawEvent,
    };

    fn decode(domain: &str, service: &str, given: &str) -> Decoded {
        let data = format!(
            r#"{{"event_type":"call_service","data":{{"domain":"{domain}","service":"{service}","service_data":{given}}}}}"#
        );
        HomeAssistant.decode(&RawEvent { kind: "message".into(), data, own_id: None })
    }

    fn message(domain: &str, service: &str, given: &str) -> Message {
        match decode(domain, service, given) {
            Decoded::Message(message) => *message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_notification_is_in_its_own_words_and_another_call_in_those_of_its_service() {
        for (domain, service, given, title, body) in [
            ("notify", "phone", r#"{"title":"Attic","message":"warm"}"#, "Attic", "warm"),
            ("notify", "phone", r#"{"message":"warm"}"#, "", "warm"),
            ("notify", "phone", r#"{"message":"warm","title":null}"#, "", "warm"),
            ("notify", "phone", "{}", "notify.phone", ""),
            ("persistent_notification", "create", r#"{"message":"warm"}"#, "", "warm"),
            ("tts", "speak", r#"{"message":"warm"}"#, "tts.speak", "warm"),
            ("light", "turn_on", r#"{"entity_id":"a"}"#, "light.turn_on", r#"{"entity_id":"a"}"#),
            ("automation", "reload", "{}", "automation.reload", ""),
            ("automation", "reload", "7", "automation.reload", ""),
        ] {
            let told = message(domain, service, given);
            assert_eq!((&*told.title, &*told.body), (title, body), "{domain} {service} {given}");
            assert_eq!(told.sequence, None);
        }
    }

    #[test]
    fn a_notification_with_an_id_takes_the_place_of_the_one_before_it_until_it_is_dismissed() {
        let ours = "persistent_notification";
        let sequence = message(ours, "create", r#"{"message":"7","notification_id":"a"}"#).sequence;
        assert!(sequence.is_some_and(|it| &*it.id == "a" && it.replaces && !it.begins));
        let dismissed = decode(ours, "dismiss", r#"{"notification_id":"a"}"#);
        assert_eq!(dismissed, Decoded::Change(Change::Read("a".into())));
        for nothing in ["{}", r#"{"notification_id":""}"#, r#"{"notification_id":7}"#] {
            assert_eq!(decode(ours, "dismiss", nothing), Decoded::Nothing, "{nothing}");
        }
        assert_eq!(decode(ours, "dismiss_all", "{}"), Decoded::Nothing);
        // That of another service is not known to be one.
        let other = message("notify", "phone", r#"{"message":"7","notification_id":"a"}"#);
        assert_eq!(other.sequence, None);
    }
}
