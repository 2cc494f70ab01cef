//! `centrifugo`: the publications of channels, from Centrifugo's unidirectional SSE, `uni_sse`
//! (https://centrifugal.dev/docs/transports/uni_sse and its neighbour `uni_client_protocol`).
//!
//! As seen with 6.9: what to send stands in the URL, as JSON in `cf_connect`; the first event says which
//! channels are sent, where each stands (an epoch and an offset), and holds what was missed of them, so
//! that it stands for several. Later ones name channel and offset alone. A channel that may not be read is
//! left out without a word. `{}` comes every 25 s. Errors are said on the stream, before it ends.
//!
//! What was missed it brings whole or not at all: nothing where the history does not reach back to the
//! place, or it is more than the server takes for one client (it then says `slow`) or than Hark takes for
//! one event (in bytes, or [`PUBLICATIONS_MAX`]). Of another epoch than the place's it brings all that it
//! holds to who names no place.
//!
//! An id, and the position that several make, are described in [`place`].

mod place;
mod push;
mod signature;

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use url::Url;

use place::{CHANNELS_MAX, NOW, Place, position_of};
use push::{
    Connect, End, PUBLICATIONS_MAX, Publication, Push, Stands, Told, asked_for_nothing, connected,
};

use super::{
    Decoded, Feed, Form, Mapped, Request, Standing, is_common_heartbeat, json,
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
/// The code of an end since more waits to be sent than the server keeps for a client.
const SLOW: u32 = 3008;
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

    fn called(&self) -> &str {
        "Centrifugo"
    }

    /// Of a channel that the URL names all that is held is asked for where nothing of it has come yet; a
    /// channel that only the cursor names is one that the server sends by itself.
    fn request(&self, url: &Url, cursor: &Cursor) -> Request {
        let mut command = command(url);
        let subs = command.entry("subs").or_insert_with(|| json!({}));
        let Some(subs) = subs.as_object_mut() else { return Request::plain(url) };
        if cursor.id.as_deref() != Some(NOW) {
            for sub in subs.values_mut().filter_map(Value::as_object_mut) {
                sub.insert("recover".to_owned(), true.into());
            }
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
        id == NOW || !Place::all(Some(id)).is_empty()
    }

    fn cadence_default(&self) -> Option<Duration> {
        Some(Duration::from_secs(25))
    }

    fn ids(&self) -> String {
        self.name().to_owned()
    }

    /// The ids of events are those that [`Feed::unfold`] gives.
    fn identify(&self, event: &mut RawEvent) {
        event.own_id = event.own_id.take().filter(|id| self.resumes_from(id));
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
        let subs = command.get("subs").and_then(Value::as_object);
        let channels: Vec<&str> =
            subs.into_iter().flat_map(Map::keys).map(String::as_str).collect();
        match channels.is_empty() {
            // Those that the token names.
            true => url.host_str().map(str::to_owned),
            false => Some(channels.join(" ")),
        }
    }

    fn unfold(&self, event: &RawEvent, on: Standing<'_>) -> Option<Vec<RawEvent>> {
        let push: Push<'_> = serde_json::from_str(&event.data).ok()?;
        let kind = &event.kind;
        match push {
            Push { connect: Some(Connect { subs }), .. } if !subs.is_empty() => {
                Some(connected(kind, &subs, on.position))
            }
            Push { subscribe: Some(stand), .. } if stand.publications.len() > PUBLICATIONS_MAX => {
                Some(vec![asked_for_nothing(kind)])
            }
            Push { channel, subscribe: Some(stand), .. } => {
                let place = stand.place(&channel)?;
                let stands =
                    Told { channel: &channel, publication: None, stands: Some(Stands::Here) };
                let tell = |it: &Publication<'_>| it.event(kind, &channel, Some(&stand.epoch));
                let first = [stands.event(kind, Some(place.id()))];
                Some(first.into_iter().chain(stand.publications.iter().map(tell)).collect())
            }
            Push { channel, publication: Some(publication), .. } => {
                let places = Place::all(on.position);
                let place = places.iter().find(|place| place.channel == channel);
                let epoch = place.map(|place| place.epoch.as_str());
                Some(vec![publication.event(kind, &channel, epoch)])
            }
            Push { disconnect: Some(End { code: SLOW, .. }), .. }
                if on.is_first && on.position != Some(NOW) =>
            {
                Some(vec![asked_for_nothing(kind)])
            }
            _ => None,
        }
    }

    fn unfold_too_large(&self, event: &RawEvent) -> Option<RawEvent> {
        event.data.starts_with(r#"{"connect""#).then(|| asked_for_nothing(&event.kind))
    }

    fn position(&self, before: Option<&str>, ids: &[&str]) -> Option<String> {
        if ids.last() == Some(&NOW) {
            return None;
        }
        let mut places = Place::all(before);
        for id in ids {
            let Some(after) = Place::read(id) else {
                places = Place::all(Some(id));
                continue;
            };
            match places.iter().position(|place| place.channel == after.channel) {
                Some(at) => places[at] = after,
                None if places.len() < CHANNELS_MAX => places.push(after),
                None => {}
            }
        }
        places.sort_by(|one, other| one.channel.cmp(&other.channel));
        Some(position_of(&places))
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
                    code: Line::default(),
                    detail: Line::brief(NO_CHANNEL),
                    refused: true,
                }),
                false => Decoded::Heartbeat,
            },
            Push { channel, publication: Some(publication), .. }
            | Push { channel, message: Some(publication), .. } => {
                self.message(event, &channel, &publication)
            }
            Push { stands: Some(Stands::Lost), .. } => Decoded::Reset,
            Push { stands: Some(Stands::Anew), .. } => Decoded::Anew,
            _ => Decoded::Nothing,
        }
    }
}

fn disconnected(code: u32, reason: &str) -> Cause {
    let passes = matches!(code, 3000..3500 | 4000..4500 | 5000..) && code != EXPIRED;
    let detail = match code {
        3500 => format!("{reason}: it does not take this token"),
        3501 => format!("{reason}: it wants a token, or has not got a channel that is asked for"),
        EXPIRED => format!("{reason}: the token is too old"),
        _ => reason.to_owned(),
    };
    ended(code, &detail, !passes)
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
            position = PLAIN.position(position.as_deref(), &[id]);
            assert_eq!(position.as_deref(), Some(wanted));
        }
        let sub =
            |epoch: &str, offset: u64| json!({ "recover": true, "epoch": epoch, "offset": offset });
        let wanted = json!({ "subs": { "a": sub("E", 2), "b/c": sub("G", 1) } });
        assert_eq!(asked("", position.as_deref()), wanted);
        let at_once = PLAIN.position(Some("1@E/a"), &["5@F/b/c", "2@E/a", "1@G/b/c"]);
        assert_eq!(at_once, position, "together as one by one");
        let whole = PLAIN.position(position.as_deref(), &[r#"["7@H/d"]"#, "8@H/d"]);
        assert_eq!(whole.as_deref(), Some("8@H/d"), "a list takes the place of all");
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
        let on = Standing { position: Some("1@E/a"), is_first: false };
        let of_live = PLAIN.unfold(&live, on).unwrap();
        let [stands, of_missed] = PLAIN.unfold(&missed, on).unwrap().try_into().unwrap();
        assert_eq!(
            (&stands.own_id.unwrap()[..], PLAIN.decode(&of_missed)),
            (r#"["1@E/a"]"#, PLAIN.decode(&of_live[0]))
        );
        assert_eq!(of_live, [of_missed]);
        assert_eq!(of_live[0].own_id.as_deref(), Some("2@E/a"));
        assert!(of_live[0].data.contains("123456789012345678901"), "no number is rounded");
    }

    /// What the first event of a connection that was asked with this position becomes.
    fn first(position: Option<&str>, subs: &str) -> Vec<(Decoded, Option<String>)> {
        let data = format!(r#"{{"connect":{{"client":"c","subs":{subs}}}}}"#);
        let event = RawEvent { data, ..RawEvent::default() };
        let on = Standing { position, is_first: true };
        let all = PLAIN.unfold(&event, on).unwrap();
        all.into_iter().map(|event| (PLAIN.decode(&event), event.own_id)).collect()
    }

    #[test]
    fn the_first_event_says_where_all_stand_and_whether_something_is_lost() {
        let id = |text: &str| Some(text.to_owned());
        let both = r#"["1@E/a","5@F/b"]"#;
        let fine = r#"{"a":{"epoch":"E","offset":1,"recovered":true},"b":{"epoch":"F","offset":5,"recovered":true}}"#;
        assert_eq!(first(Some(both), fine), [(Decoded::Nothing, id(both))]);
        // What is not followed any more is forgotten.
        let three = r#"["9@X/gone","1@E/a","5@F/b"]"#;
        assert_eq!(first(Some(three), fine), [(Decoded::Nothing, id(both))]);
        let trimmed =
            r#"{"a":{"epoch":"E","offset":30},"b":{"epoch":"F","offset":5,"recovered":true}}"#;
        let after = id(r#"["30@E/a","5@F/b"]"#);
        assert_eq!(first(Some(both), trimmed), [(Decoded::Reset, after)]);
        // Beside a channel with a history one without is a gap after each break, and not at first.
        let mixed = r#"{"a":{"epoch":"E","offset":1,"recovered":true},"bare":{}}"#;
        assert_eq!(first(Some("1@E/a"), mixed), [(Decoded::Reset, id(r#"["1@E/a"]"#))]);
        assert_eq!(first(None, mixed), [(Decoded::Nothing, id(r#"["1@E/a"]"#))]);
        // Of another epoch it is asked anew, for all that is held; of the others where they stand.
        let other =
            r#"{"a":{"epoch":"E","offset":1,"recovered":true},"b":{"epoch":"G","offset":2}}"#;
        let rest = id(r#"["1@E/a"]"#);
        assert_eq!(
            first(Some(both), other),
            [(Decoded::Reset, rest.clone()), (Decoded::Anew, rest)]
        );
        let alone = r#"{"b":{"epoch":"G","offset":2}}"#;
        assert_eq!(first(Some("5@F/b"), alone), [(Decoded::Anew, None)]);
    }

    #[test]
    fn what_cannot_be_brought_is_not_asked_for_again() {
        let event = |data: &str| RawEvent { data: data.to_owned(), ..RawEvent::default() };
        let slow = event(r#"{"disconnect":{"code":3008,"reason":"slow"}}"#);
        let on = |position, is_first| Standing { position, is_first };
        let anew = |events: Option<Vec<RawEvent>>| {
            let all = events.unwrap();
            assert_eq!(
                (PLAIN.decode(&all[0]), all[0].own_id.as_deref()),
                (Decoded::Anew, Some(NOW))
            );
        };
        anew(PLAIN.unfold(&slow, on(Some("1@E/a"), true)));
        anew(PLAIN.unfold(&slow, on(None, true)));
        assert_eq!(PLAIN.unfold(&slow, on(Some("1@E/a"), false)), None, "it was slow later");
        assert_eq!(PLAIN.unfold(&slow, on(Some(NOW), true)), None);
        anew(
            PLAIN
                .unfold_too_large(&event(r#"{"connect":{"client":"c","subs":{"a":{"pu"#))
                .map(|it| vec![it]),
        );
        assert_eq!(PLAIN.unfold_too_large(&event(r#"{"channel":"a","pub":{"da"#)), None);
        assert_eq!(asked("?channel=a", Some(NOW)), json!({ "subs": { "a": {} } }));
        let lost = first(Some(NOW), r#"{"a":{"epoch":"E","offset":9}}"#);
        assert_eq!(lost, [(Decoded::Reset, Some(r#"["9@E/a"]"#.to_owned()))]);
    }

    #[test]
    fn of_too_many_publications_none_is_taken_and_none_asked_for_again() {
        let stand = |count: usize| {
            let publications = vec![r#"{"data":1,"offset":2}"#; count].join(",");
            format!(r#"{{"epoch":"E","recovered":true,"publications":[{publications}]}}"#)
        };
        let all = first(Some("1@E/a"), &format!(r#"{{"a":{}}}"#, stand(PUBLICATIONS_MAX)));
        assert_eq!(all.len(), PUBLICATIONS_MAX + 1);
        let nothing = [(Decoded::Anew, Some(NOW.to_owned()))];
        let half = stand(PUBLICATIONS_MAX / 2 + 1);
        let all = first(Some("1@E/a"), &format!(r#"{{"a":{half},"b":{half}}}"#));
        assert_eq!(all, nothing);
        let whole = stand(PUBLICATIONS_MAX + 1);
        let data = format!(r#"{{"channel":"a","subscribe":{whole}}}"#);
        let event = RawEvent { data, ..RawEvent::default() };
        let all = PLAIN.unfold(&event, Standing { position: None, is_first: false }).unwrap();
        let all: Vec<_> =
            all.iter().map(|event| (PLAIN.decode(event), event.own_id.clone())).collect();
        assert_eq!(all, nothing);
    }

    #[test]
    fn of_too_many_channels_the_place_of_some_is_kept_and_a_break_is_a_gap() {
        let stand = |number: usize| {
            format!(
                r#""c{number:05}":{{"epoch":"E","offset":1,"recovered":true,"publications":[{{"data":"x","offset":2}}]}}"#
            )
        };
        let subs: Vec<String> = (0..30_000).map(stand).collect();
        let subs = format!("{{{}}}", subs.join(","));
        let all = first(None, &subs);
        assert_eq!(all[0].0, Decoded::Nothing);
        let position = PLAIN.position(None, &[all[0].1.as_deref().unwrap()]).unwrap();
        assert_eq!(Place::all(Some(&position)).len(), CHANNELS_MAX);
        assert_eq!(all.iter().filter(|(_, id)| id.is_some()).count(), CHANNELS_MAX + 1);
        assert_eq!(first(Some(&position), &subs)[0].0, Decoded::Reset);
        let more = PLAIN.position(Some(&position), &["1@E/zzz"]).unwrap();
        assert_eq!(Place::all(Some(&more)).len(), CHANNELS_MAX);
    }
}
