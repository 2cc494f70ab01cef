//! `centrifugo`: the publications of channels, from Centrifugo's unidirectional SSE, `uni_sse`
//! (https://centrifugal.dev/docs/transports/uni_sse and its neighbour `uni_client_protocol`).
//!
//! As seen with 6.9: what to send stands in the URL, as JSON in `cf_connect`; the first event says which
//! channels are sent, where each stands (an epoch and an offset), and holds what was missed of them, so
//! that it stands for several. Later ones name channel and offset alone. A channel that may not be read is
//! left out without a word. `{}` comes every 25 s. Errors are said on the stream, before it ends.
//!
//! A publication's id is `OFFSET@EPOCH/CHANNEL`. A position is one of these for each channel: alone, or
//! several in a JSON array.

mod signature;

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json, value::RawValue};
use url::Url;

use super::{
    Decoded, Feed, Form, Mapped, Request, is_common_heartbeat, json,
    request::{with_parameter, without_parameters},
};
use crate::{
    cursor::Cursor,
    failure::Cause,
    message::{Message, RawEvent, word},
    readable::Line,
};

/// The parameter of the connect command.
const CONNECT: &str = "cf_connect";
/// The parameter that names a channel, which is for Hark alone: a connect command is no fun to write.
const CHANNEL: &str = "channel";
/// The code of an end after which one is to connect again, and which is no good with the same token.
const EXPIRED: u32 = 3005;
/// What is said of a connection on which nothing will come.
const NO_CHANNEL: &str =
    "it sends no channel; name one with ?channel=NAME, and a token that may read it";

/// The feed of Centrifugo; see the module.
#[derive(Clone, Debug, Default)]
pub struct Centrifugo {
    /// Where a message's parts stand in a push, where the person says it.
    form: Option<Mapped>,
}

/// The one that finds a message's parts by their usual names.
pub(super) static PLAIN: Centrifugo = Centrifugo { form: None };

/// What the server sends: one of these.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Push<'a> {
    channel: String,
    #[serde(borrow, rename = "pub")]
    publication: Option<Publication<'a>>,
    /// To this connection alone, of no channel.
    #[serde(borrow)]
    message: Option<Publication<'a>>,
    #[serde(borrow)]
    connect: Option<Connect<'a>>,
    #[serde(borrow)]
    subscribe: Option<Stand<'a>>,
    unsubscribe: Option<End>,
    disconnect: Option<End>,
    /// Ours, for what the first event says of a channel: whether something of it is lost.
    lost: Option<bool>,
}

/// A publication; of those of a channel with a history the server numbers each.
#[derive(Deserialize, Serialize)]
struct Publication<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    tags: Option<&'a RawValue>,
    /// Milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<i64>,
    #[serde(skip_serializing)]
    offset: Option<u64>,
}

/// The first event.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Connect<'a> {
    #[serde(borrow)]
    subs: BTreeMap<String, Stand<'a>>,
}

/// Where a channel stands, and what was missed of it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Stand<'a> {
    epoch: String,
    offset: u64,
    recovered: bool,
    #[serde(borrow)]
    publications: Vec<Publication<'a>>,
}

/// One of the events that [`Feed::unfold`] answers: a push of the same form, and the same text whether the
/// publication came at once or was missed first.
#[derive(Serialize)]
struct Told<'a> {
    channel: &'a str,
    #[serde(rename = "pub", skip_serializing_if = "Option::is_none")]
    publication: Option<&'a Publication<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lost: Option<bool>,
}

/// Why the server ends the connection, or what it sends of a channel.
#[derive(Default, Deserialize)]
#[serde(default)]
struct End {
    code: u32,
    reason: String,
}

/// A place in a channel.
#[derive(Clone, PartialEq, Eq)]
struct Place {
    channel: String,
    epoch: String,
    offset: u64,
}

impl Place {
    fn read(id: &str) -> Option<Self> {
        let (offset, rest) = id.split_once('@')?;
        let (epoch, channel) = rest.split_once('/')?;
        let offset = offset.parse().ok()?;
        Some(Self { channel: channel.to_owned(), epoch: epoch.to_owned(), offset })
    }

    fn id(&self) -> String {
        let Self { channel, epoch, offset } = self;
        format!("{offset}@{epoch}/{channel}")
    }

    /// Those of a position.
    fn all(position: Option<&str>) -> Vec<Self> {
        let position = position.unwrap_or_default();
        match serde_json::from_str::<Vec<String>>(position) {
            Ok(ids) => ids.iter().filter_map(|id| Self::read(id)).collect(),
            Err(_) => Self::read(position).into_iter().collect(),
        }
    }
}

impl Centrifugo {
    /// The feed that reads pushes by this form.
    #[must_use]
    pub fn of_form(form: Form) -> Self {
        Self { form: Some(Mapped::new("centrifugo", form)) }
    }

    /// The message in a publication, as an event of its own.
    fn message(&self, event: &RawEvent, channel: &str, publication: &Publication<'_>) -> Decoded {
        if let Some(form) = &self.form {
            return form.decode(event);
        }
        let Some(data) = publication.data else { return Decoded::Junk("it has no data") };
        let message = json::decode(data.get());
        let sent = || publication.time.and_then(|at| Timestamp::from_millisecond(at).ok());
        let (topic, time) = (message.topic.or_else(|| word(channel)), message.time.or_else(sent));
        Message { topic, time, ..message }.into()
    }
}

impl Feed for Centrifugo {
    fn name(&self) -> &str {
        "centrifugo"
    }

    /// Of a channel that the URL names all that is held is asked for where nothing of it has come yet; a
    /// channel that only the cursor names is one that the server sends by itself.
    fn request(&self, url: &Url, cursor: &Cursor) -> Request {
        let mut command = command(url);
        let subs = command.entry("subs").or_insert_with(|| json!({}));
        let Some(subs) = subs.as_object_mut() else { return Request::plain(url) };
        for sub in subs.values_mut().filter_map(Value::as_object_mut) {
            sub.insert("recover".to_owned(), true.into());
        }
        for Place { channel, epoch, offset } in Place::all(cursor.id.as_deref()) {
            let sub = subs.entry(channel).or_insert_with(|| json!({}));
            let Some(sub) = sub.as_object_mut() else { continue };
            sub.extend(Map::from_iter([
                ("recover".to_owned(), true.into()),
                ("epoch".to_owned(), epoch.into()),
                ("offset".to_owned(), offset.into()),
            ]));
        }
        Request::plain(&with_command(url, command))
    }

    fn resumes_from(&self, id: &str) -> bool {
        Place::read(id).is_some()
    }

    fn cadence_default(&self) -> Option<Duration> {
        Some(Duration::from_secs(25))
    }

    fn ids(&self) -> String {
        self.name().to_owned()
    }

    /// The ids of events are those that [`Feed::unfold`] gives.
    fn identify(&self, event: &mut RawEvent) {
        event.own_id = event.own_id.take().filter(|id| Place::read(id).is_some());
    }

    fn identity(&self, url: &Url) -> Url {
        let mut command = command(url);
        command.remove("token");
        with_command(url, command)
    }

    fn with_token(&self, url: &Url, token: &str) -> Option<Url> {
        let mut command = command(url);
        command.entry("token").or_insert_with(|| token.into());
        Some(with_command(url, command))
    }

    fn label(&self, url: &Url) -> Option<String> {
        let command = command(url);
        let subs = command.get("subs").and_then(Value::as_object)?;
        let channels: Vec<&str> = subs.keys().map(String::as_str).collect();
        (!channels.is_empty()).then(|| channels.join(" "))
    }

    fn unfold(&self, event: &RawEvent, position: Option<&str>) -> Option<Vec<RawEvent>> {
        let push: Push<'_> = serde_json::from_str(&event.data).ok()?;
        let places = Place::all(position);
        let of = |channel: &str| places.iter().find(|place| place.channel == channel);
        let own = |told: &Told<'_>, at: Option<Place>| RawEvent {
            kind: event.kind.clone(),
            data: serde_json::to_string(told).unwrap_or_default(),
            own_id: at.map(|place| place.id()),
        };
        let told = |channel: &str, epoch: Option<&str>, publication: &Publication<'_>| {
            let at = epoch.zip(publication.offset).map(|(epoch, offset)| Place {
                channel: channel.to_owned(),
                epoch: epoch.to_owned(),
                offset,
            });
            own(&Told { channel, publication: Some(publication), lost: None }, at)
        };
        let stands = |channel: &str, stand: &Stand<'_>| {
            let before = of(channel);
            let mut events: Vec<RawEvent> = Vec::new();
            // Also one of which nothing was missed: the next publication names its offset alone.
            if !stand.epoch.is_empty() && (before.is_none() || !stand.recovered) {
                let at = Place {
                    channel: channel.to_owned(),
                    epoch: stand.epoch.clone(),
                    offset: stand.offset,
                };
                let lost = before.is_some_and(|before| *before != at);
                events.push(own(&Told { channel, publication: None, lost: Some(lost) }, Some(at)));
            }
            let tell = |one| told(channel, Some(&stand.epoch), one);
            events.extend(stand.publications.iter().map(tell));
            events
        };
        match push {
            Push { connect: Some(Connect { subs }), .. } if !subs.is_empty() => {
                Some(subs.iter().flat_map(|(channel, stand)| stands(channel, stand)).collect())
            }
            Push { channel, subscribe: Some(stand), .. } => Some(stands(&channel, &stand)),
            Push { channel, publication: Some(publication), .. } => {
                let epoch = of(&channel).map(|place| place.epoch.as_str());
                Some(vec![told(&channel, epoch, &publication)])
            }
            _ => None,
        }
    }

    fn position(&self, before: Option<&str>, id: &str) -> Option<String> {
        let after = Place::read(id)?;
        let mut places = Place::all(before);
        places.retain(|place| place.channel != after.channel);
        places.push(after);
        places.sort_by(|one, other| one.channel.cmp(&other.channel));
        let ids: Vec<String> = places.iter().map(Place::id).collect();
        match ids.as_slice() {
            [id] => Some(id.clone()),
            ids => serde_json::to_string(ids).ok(),
        }
    }

    fn decode(&self, event: &RawEvent) -> Decoded {
        if is_common_heartbeat(event) {
            return Decoded::Heartbeat;
        }
        let Ok(push) = serde_json::from_str::<Push<'_>>(&event.data) else {
            return Decoded::Junk("it is no push of Centrifugo");
        };
        match push {
            Push { disconnect: Some(End { code, reason }), .. } => {
                Decoded::Ended(disconnected(code, &reason))
            }
            Push { channel, unsubscribe: Some(End { code, reason }), .. } => {
                let detail = format!("it sends no more of the channel {channel}: {reason}");
                Decoded::Ended(ended(code, &detail, false))
            }
            Push { connect: Some(Connect { subs }), .. } => match subs.is_empty() {
                true => Decoded::Ended(Cause::StreamError {
                    code: Line::brief("no channel"),
                    detail: Line::brief(NO_CHANNEL),
                    refused: true,
                }),
                false => Decoded::Heartbeat,
            },
            Push { channel, publication: Some(publication), .. }
            | Push { channel, message: Some(publication), .. } => {
                self.message(event, &channel, &publication)
            }
            Push { lost: Some(true), .. } => Decoded::Reset,
            _ => Decoded::Nothing,
        }
    }
}

fn disconnected(code: u32, reason: &str) -> Cause {
    let passes = matches!(code, 3000..3500 | 4000..4500 | 5000..) && code != EXPIRED;
    ended(code, reason, !passes)
}

fn ended(code: u32, detail: &str, refused: bool) -> Cause {
    Cause::StreamError {
        code: Line::brief(&code.to_string()),
        detail: Line::brief(detail),
        refused,
    }
}

/// The connect command of a URL, with the channels that it names besides. One that cannot be read is none.
fn command(url: &Url) -> Map<String, Value> {
    let of = |wanted: &'static str| {
        url.query_pairs().filter(move |(name, value)| name == wanted && !value.is_empty())
    };
    let written = of(CONNECT).next().and_then(|(_, value)| serde_json::from_str(&value).ok());
    let mut command: Map<String, Value> = written.unwrap_or_default();
    for (_, channel) in of(CHANNEL) {
        let subs = command.entry("subs").or_insert_with(|| json!({}));
        if let Some(subs) = subs.as_object_mut() {
            subs.entry(channel.into_owned()).or_insert_with(|| json!({}));
        }
    }
    command
}

fn with_command(url: &Url, command: Map<String, Value>) -> Url {
    let url = without_parameters(url, &[CONNECT, CHANNEL]);
    match command.is_empty() {
        true => url,
        false => with_parameter(&url, CONNECT, &Value::from(command).to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(query: &str) -> Url {
        format!("http://a.example/connection/uni_sse{query}").parse().unwrap()
    }

    fn asked(query: &str, cursor: Option<&str>) -> Value {
        let cursor = Cursor { id: cursor.map(str::to_owned), time: None };
        let Request { url, last_event_id } = PLAIN.request(&url(query), &cursor);
        assert_eq!(last_event_id, None);
        let pairs: Vec<_> = url.query_pairs().into_owned().collect();
        let [(name, value)] = pairs.as_slice() else { panic!("{url}") };
        assert_eq!(name, CONNECT);
        serde_json::from_str(value).unwrap()
    }

    #[test]
    fn the_command_names_the_channels_of_the_url_and_where_each_stands() {
        let all = json!({ "subs": { "a": { "recover": true }, "b:c": { "recover": true } } });
        assert_eq!(asked("?channel=a&channel=b:c", None), all);
        assert_eq!(asked(r#"?cf_connect={"subs":{"a":{},"b:c":{}}}"#, None), all);
        assert_eq!(
            asked(r#"?cf_connect={"token":"t","subs":{"a":{}}}"#, Some("7@E/a")),
            json!({ "token": "t", "subs": { "a": { "recover": true, "epoch": "E", "offset": 7 } } })
        );
        // One that the server sends by itself.
        let own = json!({ "subs": { "#me": { "recover": true, "epoch": "F", "offset": 1 } } });
        assert_eq!(asked("", Some("1@F/#me")), own);
        assert_eq!(asked("?cf_connect=cut{", None), json!({ "subs": {} }));
        let odd = url(r#"?cf_connect={"subs":7}"#);
        assert_eq!(PLAIN.request(&odd, &Cursor::NONE).url, odd, "the server says what is wrong");
    }

    #[test]
    fn a_position_holds_the_last_place_of_each_channel() {
        let mut position: Option<String> = None;
        for (id, wanted) in [
            ("1@E/a", "1@E/a"),
            ("5@F/b/c", r#"["1@E/a","5@F/b/c"]"#),
            ("2@E/a", r#"["2@E/a","5@F/b/c"]"#),
            ("1@G/b/c", r#"["2@E/a","1@G/b/c"]"#),
        ] {
            position = PLAIN.position(position.as_deref(), id);
            assert_eq!(position.as_deref(), Some(wanted));
        }
        let sub =
            |epoch: &str, offset: u64| json!({ "recover": true, "epoch": epoch, "offset": offset });
        let wanted = json!({ "subs": { "a": sub("E", 2), "b/c": sub("G", 1) } });
        assert_eq!(asked("", position.as_deref()), wanted);
        for odd in ["", "7", "7@E", "x@E/a", "[]", "[7]", r#"["7"]"#, "[\"7@E/"] {
            assert_eq!(asked("", Some(odd)), json!({ "subs": {} }), "{odd}");
        }
    }

    #[test]
    fn a_token_goes_into_the_command_and_is_no_part_of_what_is_followed() {
        let with = PLAIN.with_token(&url("?channel=a"), "secret").unwrap();
        assert_eq!(
            with,
            url(
                r#"?cf_connect=%7B%22subs%22%3A%7B%22a%22%3A%7B%7D%7D%2C%22token%22%3A%22secret%22%7D"#
            )
        );
        assert_eq!(PLAIN.identity(&with), PLAIN.identity(&url("?channel=a")));
        assert_ne!(PLAIN.identity(&with), PLAIN.identity(&url("?channel=b")));
        let own = r#"?cf_connect={"token":"mine"}"#;
        assert!(PLAIN.with_token(&url(own), "other").unwrap().as_str().contains("mine"));
        assert_eq!(PLAIN.label(&with).as_deref(), Some("a"));
    }

    #[test]
    fn a_publication_is_the_same_whether_it_came_at_once_or_was_missed_first() {
        let event = |data: &str| RawEvent { data: data.to_owned(), ..RawEvent::default() };
        let live =
            event(r#"{"channel":"a","pub":{"data":{"n":123456789012345678901},"offset":2}}"#);
        let missed = event(
            r#"{"connect":{"subs":{"a":{"epoch":"E","recovered":true,"offset":1,"publications":
               [{"data":{"n":123456789012345678901},"offset":2,"epoch":"E"}]}}}}"#,
        );
        let of_live = PLAIN.unfold(&live, Some("1@E/a")).unwrap();
        assert_eq!(of_live, PLAIN.unfold(&missed, Some("1@E/a")).unwrap());
        assert_eq!(of_live[0].own_id.as_deref(), Some("2@E/a"));
        assert!(of_live[0].data.contains("123456789012345678901"), "no number is rounded");
    }
}
