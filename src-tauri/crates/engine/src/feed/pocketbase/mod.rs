//! `pocketbase`: changes of records, from PocketBase's realtime API
//! (https://pocketbase.io/docs/api-realtime/).
//!
//! As seen with 0.40: `GET /api/realtime` answers with `PB_CONNECT` and a client id, and sends nothing
//! else until a `POST` has said for that client what to send. Every event carries the client id as its
//! own, so there is no cursor and every break is a gap. There is no heartbeat; the server closes after
//! 5 minutes without an event. What may not be read is left out without a word.
//!
//! What to send stands in the URL, and is not sent with it: `?collection=alerts`, once or several times
//! (`alerts/RECORD` for one record), and `filter=level > 2` for all of them, in PocketBase's own language.

mod signature;

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use super::{
    Decoded, Feed, Form, Mapped, Request, Subscribe, is_common_heartbeat, json,
    request::without_parameters,
};
use crate::{
    cursor::Cursor,
    failure::Cause,
    message::{Change, Message, RawEvent, Sequence, name, word},
};

/// The parameters of the URL that are for Hark alone.
const COLLECTION: &str = "collection";
const FILTER: &str = "filter";

/// The feed of PocketBase; see the module.
#[derive(Clone, Debug, Default)]
pub struct PocketBase {
    /// Where a message's parts stand in an event, where the person says it.
    form: Option<Mapped>,
}

/// The one that finds a message's parts by their usual names.
pub(super) static PLAIN: PocketBase = PocketBase { form: None };

/// The first event.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Client {
    client_id: String,
}

/// An event of a record.
#[derive(Deserialize)]
struct Changed {
    action: String,
    record: Map<String, Value>,
}

impl PocketBase {
    /// The feed that reads events by this form.
    #[must_use]
    pub fn of_form(form: Form) -> Self {
        Self { form: Some(Mapped::new("pocketbase", form)) }
    }
}

impl Feed for PocketBase {
    fn name(&self) -> &str {
        "pocketbase"
    }

    fn called(&self) -> &str {
        "PocketBase"
    }

    fn request(&self, url: &Url, _cursor: &Cursor) -> Request {
        Request::plain(&without_parameters(url, &[COLLECTION, FILTER]))
    }

    fn resumes_from(&self, _id: &str) -> bool {
        false
    }

    fn replays(&self) -> bool {
        false
    }

    /// The server's `IdleTimeout` is 5 minutes.
    fn routine_close_after(&self) -> Option<Duration> {
        Some(Duration::from_secs(240))
    }

    fn identify(&self, event: &mut RawEvent) {
        event.own_id = None;
    }

    fn label(&self, url: &Url) -> Option<String> {
        let collections = parameters(url, COLLECTION);
        (!collections.is_empty()).then(|| collections.join(" "))
    }

    fn subscribe(&self, url: &Url, client: &str) -> Result<Option<Subscribe>, Cause> {
        let of = |wanted: &str| parameters(url, wanted);
        let options = of(FILTER).first().map(|filter| json!({ "query": { "filter": filter } }));
        let topics: Vec<String> = of(COLLECTION)
            .into_iter()
            .map(|collection| match collection.contains('/') {
                true => collection,
                false => format!("{collection}/*"),
            })
            .map(|topic| match &options {
                Some(options) => format!("{topic}?options={options}"),
                None => topic,
            })
            .collect();
        if topics.is_empty() {
            let Request { url, .. } = self.request(url, &Cursor::NONE);
            let detail = format!(
                "PocketBase sends only what it is asked for. Follow a collection, as \
                 {url}?collection=NAME"
            );
            return Err(Cause::Incomplete { detail: detail.as_str().into() });
        }
        let body = json!({ "clientId": client, "subscriptions": topics });
        let request = self.request(url, &Cursor::NONE);
        Ok(Some(Subscribe { url: request.url, body: body.to_string() }))
    }

    fn decode(&self, event: &RawEvent) -> Decoded {
        if event.kind == "PB_CONNECT" {
            return match serde_json::from_str(&event.data) {
                Ok(Client { client_id }) => Decoded::Connected(client_id),
                Err(_) => Decoded::Junk("it names no client"),
            };
        }
        if is_common_heartbeat(event) {
            return Decoded::Heartbeat;
        }
        let Ok(Changed { action, record }) = serde_json::from_str(&event.data) else {
            return Decoded::Junk("it is no change of a record");
        };
        let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default();
        let id = name(&format!("{}/{}", text("collectionName"), text("id")));
        if action == "delete" {
            // What was told of it stays in the history; there is nothing to look at any more.
            return id.map_or(Decoded::Nothing, |id| Decoded::Change(Change::Read(id)));
        }
        let is_update = action == "update";
        let own = id.map(|id| Sequence { id, replaces: is_update, begins: !is_update });
        let decoded = match &self.form {
            Some(form) => form.decode(event),
            None => {
                let topic = word(text("collectionName"));
                let message = json::whole(json::fields(&record), &shown(&record));
                Message { topic, ..message }.into()
            }
        };
        match decoded {
            Decoded::Message(mut message) => {
                message.sequence = message.sequence.or(own);
                Decoded::Message(message)
            }
            other => other,
        }
    }
}

/// The values of a query parameter that say something.
fn parameters(url: &Url, wanted: &str) -> Vec<String> {
    let pairs = url.query_pairs().filter(|(name, value)| name == wanted && !value.is_empty());
    pairs.map(|(_, value)| value.into_owned()).collect()
}

/// A record in which no usual name is found, without what its topic says.
fn shown(record: &Map<String, Value>) -> String {
    let mut shown = record.clone();
    shown.retain(|name, _| !["collectionId", "collectionName"].contains(&name.as_str()));
    Value::from(shown).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Result<Subscribe, Cause> {
        let url = format!("http://a.example:8090/api/realtime{query}").parse().unwrap();
        PLAIN.subscribe(&url, "me").map(Option::unwrap)
    }

    #[test]
    fn what_to_send_is_in_the_url_and_not_sent_with_it() {
        let Subscribe { url, body } = asked("?x=1&collection=alerts&collection=jobs/7").unwrap();
        assert_eq!(url.as_str(), "http://a.example:8090/api/realtime?x=1");
        assert_eq!(body, r#"{"clientId":"me","subscriptions":["alerts/*","jobs/7"]}"#);
        let filtered = asked("?collection=alerts&filter=level+%3E+2").unwrap();
        let body: Value = serde_json::from_str(&filtered.body).unwrap();
        let topic = r#"alerts/*?options={"query":{"filter":"level > 2"}}"#;
        assert_eq!(body["subscriptions"], json!([topic]));
        for nothing in ["", "?collection=", "?filter=level"] {
            let sentence = asked(nothing).unwrap_err().sentence("it");
            assert!(sentence.contains("?collection=NAME"), "{nothing}: {sentence}");
        }
    }

    #[test]
    fn what_the_url_asks_for_is_what_tells_one_subscription_from_another() {
        let of = |text: &str| PLAIN.identity(&text.parse().unwrap());
        let (a, b) = (
            "http://a.example/api/realtime?collection=a",
            "http://a.example/api/realtime?collection=b",
        );
        assert_ne!(of(a), of(b));
    }
}
