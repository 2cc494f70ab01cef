//! A server described by data instead of code: which of its events are heartbeats, messages and
//! updates, and where a message's parts stand. What is not described is found as [`super::json`]
//! finds it. A description of a kind of server with a name is a preset.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Deserializer, de};
use serde_json::Value;
use url::Url;

use super::{
    Decoded, Feed, Request, beginning, is_common_heartbeat, is_sendable, json,
    request::with_parameter,
};
use crate::{
    cursor::Cursor,
    links,
    matching::{Condition, Facts, OneOrMany, Pointer, Template, WEIGHT_MAX},
    message::{Message, Priority, RawEvent, Sequence, name, word},
    span,
};

/// The longest word for a priority, and the most of them.
const PRIORITIES_MAX: usize = 32;

/// The description. Where several places are given, the first that holds something counts; of
/// several conditions one is enough. See `src-tauri/docs/messages.md`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Form {
    /// What kind of server it describes, for a person who looks for one.
    pub about: Option<String>,
    /// Where the title is.
    pub title: OneOrMany<Template>,
    /// Where the body is.
    pub body: OneOrMany<Template>,
    /// Where the URL is that a click opens.
    pub url: OneOrMany<Template>,
    /// Where the topic is.
    pub topic: OneOrMany<Template>,
    /// Where the tags are: a list, or a text with commas.
    pub tags: OneOrMany<Pointer>,
    /// Where the priority is: 1 to 5, or a word.
    pub priority: OneOrMany<Pointer>,
    /// The priorities that this server's own words mean.
    #[serde(deserialize_with = "priorities")]
    pub priorities: BTreeMap<String, Priority>,
    /// Where the time is: RFC 3339, or seconds or milliseconds since 1970.
    pub time: OneOrMany<Pointer>,
    /// Where the id is, where it is not the event's.
    pub id: OneOrMany<Template>,
    /// What names the thing of which the latest message stands for all.
    pub sequence: OneOrMany<Template>,
    /// What is a heartbeat, beside the usual ones.
    pub heartbeat: OneOrMany<Condition>,
    /// What is a message; everything, unless said.
    pub message: OneOrMany<Condition>,
    /// What takes the place of the message before it in its sequence; everything, unless said.
    pub update: OneOrMany<Condition>,
    /// How often the server sends a heartbeat.
    #[serde(deserialize_with = "span::optional")]
    pub cadence: Option<Duration>,
    /// The query parameter by which it resumes, beside the `Last-Event-ID` header.
    pub resume_parameter: Option<String>,
    /// Whether it can bring what was missed.
    pub replays: Option<bool>,
}

impl Form {
    /// What is wrong with it as a whole.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        let all = self.heartbeat.iter().chain(&*self.message).chain(&*self.update);
        let weight: usize = all.map(Condition::weight).sum();
        (weight > WEIGHT_MAX).then(|| {
            "the regular expressions of this mapping are too much together; make them shorter"
                .to_owned()
        })
    }
}

fn priorities<'de, D>(deserializer: D) -> Result<BTreeMap<String, Priority>, D::Error>
where
    D: Deserializer<'de>,
{
    let given = BTreeMap::<String, i64>::deserialize(deserializer)?;
    if given.len() > PRIORITIES_MAX {
        return Err(de::Error::custom(format!("there are more than {PRIORITIES_MAX} words")));
    }
    let read = |(word, level): (String, i64)| match level {
        1..=5 => Ok((word.to_lowercase(), Priority::clamped(level))),
        _ => Err(de::Error::custom(format!("the priority of {word:?} is not 1 to 5"))),
    };
    given.into_iter().map(read).collect()
}

/// The feed of a description.
#[derive(Clone, Debug)]
pub struct Mapped {
    name: String,
    form: Form,
}

impl Mapped {
    /// The feed called `name`, as `form` describes it.
    #[must_use]
    pub fn new(name: &str, form: Form) -> Self {
        Self { name: name.to_owned(), form }
    }

    fn message(&self, facts: &Facts<'_>, data: &str, updates: bool) -> Message {
        let form = &self.form;
        let value = facts.data().unwrap_or(&Value::Null);
        let usual = match facts.data() {
            Some(Value::Object(object)) => json::fields(object),
            Some(Value::String(text)) => Message::of_text(text),
            Some(_) => Message::of_text(""),
            None => Message::of_text(data),
        };
        let fill = |places: &OneOrMany<Template>| places.iter().find_map(|place| place.fill(value));
        let message = Message {
            title: fill(&form.title).map_or(usual.title, Into::into),
            body: fill(&form.body).map_or(usual.body, Into::into),
            priority: self.priority(value).unwrap_or(usual.priority),
            time: first(&form.time, value, json::time).or(usual.time),
            url: fill(&form.url).as_deref().and_then(links::kept).or(usual.url),
            tags: first(&form.tags, value, |tags| Some(json::tags(tags))).unwrap_or(usual.tags),
            topic: fill(&form.topic).as_deref().and_then(word),
            sequence: fill(&form.sequence).as_deref().and_then(name).map(|id| Sequence {
                id,
                replaces: updates || form.update.is_empty(),
                begins: false,
            }),
            extras: usual.extras,
        };
        json::whole(message, data)
    }

    fn priority(&self, value: &Value) -> Option<Priority> {
        first(&self.form.priority, value, |found| {
            let own =
                found.as_str().and_then(|word| self.form.priorities.get(&word.to_lowercase()));
            let number = || self.form.priorities.get(&found.to_string());
            own.or_else(number).copied().or_else(|| json::priority(found))
        })
    }
}

/// What the first of these places holds that `read` can read.
fn first<T>(
    places: &OneOrMany<Pointer>,
    value: &Value,
    read: impl Fn(&Value) -> Option<T>,
) -> Option<T> {
    places.iter().find_map(|place| read(&*place.find(value)?))
}

impl Feed for Mapped {
    fn name(&self) -> &str {
        &self.name
    }

    fn request(&self, url: &Url, cursor: &Cursor) -> Request {
        let cursor = cursor.id.as_deref();
        match (&self.form.resume_parameter, cursor) {
            (Some(parameter), Some(id)) => {
                let url = with_parameter(url, parameter, id);
                Request::by_header(&url, cursor.filter(|id| is_sendable(id)))
            }
            _ => Request::by_header(url, cursor),
        }
    }

    fn resumes_from(&self, id: &str) -> bool {
        self.replays() && (self.form.resume_parameter.is_some() || is_sendable(id))
    }

    fn replays(&self) -> bool {
        self.form.replays != Some(false)
    }

    fn cadence_default(&self) -> Option<Duration> {
        self.form.cadence
    }

    fn ids(&self) -> String {
        let Form { id, resume_parameter, .. } = &self.form;
        match (id.is_empty(), resume_parameter) {
            (true, None) => String::new(),
            _ => format!("{id:?} {resume_parameter:?}"),
        }
    }

    fn identify(&self, event: &mut RawEvent) {
        if self.form.id.is_empty() {
            return;
        }
        let mut places = self.form.id.iter();
        let id = match serde_json::from_str(&event.data) {
            Ok(data) => places.find_map(|place| place.fill(&data)),
            // Of a beginning it is not known what else would have been there, and half an id is none.
            Err(_) => places.next().and_then(|it| it.fill_whole(&beginning::read(&event.data))),
        };
        if id.is_some() {
            event.own_id = id;
        }
    }

    fn decode(&self, event: &RawEvent) -> Decoded {
        let Form { heartbeat, message, update, .. } = &self.form;
        let facts = Facts::of(event);
        let any = |conditions: &[Condition]| conditions.iter().any(|one| one.holds(&facts));
        if is_common_heartbeat(event) || any(heartbeat) {
            return Decoded::Heartbeat;
        }
        let updates = any(update);
        if !message.is_empty() && !updates && !any(message) {
            return Decoded::Nothing;
        }
        self.message(&facts, &event.data, updates).into()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mapped(form: Value) -> Mapped {
        Mapped::new("own", serde_json::from_value(form).unwrap())
    }

    fn event(kind: &str, data: &str) -> RawEvent {
        RawEvent { kind: kind.into(), data: data.into(), own_id: None }
    }

    fn message(form: Value, data: &str) -> Message {
        match mapped(form).decode(&event("message", data)) {
            Decoded::Message(message) => *message,
            other => panic!("{data}: {other:?}"),
        }
    }

    #[test]
    fn every_part_is_where_it_is_said_to_be() {
        let form = json!({
            "title": "{/repository/name}: {/action}",
            "body": ["/head/message", "/fallback"],
            "url": "https://ci.example/{/repository/name}",
            "topic": "/channel",
            "tags": "/labels",
            "priority": "/severity",
            "priorities": { "sev1": 5, "Blocker": 4, "9": 1 },
            "time": ["/at", "/when"],
            "sequence": "job-{/job}",
        });
        let data = json!({
            "repository": { "name": "hark" }, "action": "opened", "head": {}, "fallback": "text",
            "channel": "ci", "labels": ["a", "b"], "severity": "BLOCKER", "when": 1_700_000_000,
            "job": 7, "title": "not this", "priority": 1,
        });
        let wanted = Message {
            title: "hark: opened".into(),
            body: "text".into(),
            priority: Priority::clamped(4),
            time: Some("2023-11-14T22:13:20Z".parse().unwrap()),
            url: Some("https://ci.example/hark".into()),
            tags: vec!["a".into(), "b".into()],
            topic: Some("ci".into()),
            sequence: Some(Sequence { id: "job-7".into(), replaces: true, begins: false }),
            ..Message::of_text("")
        };
        assert_eq!(message(form.clone(), &data.to_string()), wanted);
        let level = |severity: Value| {
            message(form.clone(), &json!({ "severity": severity }).to_string()).priority.level()
        };
        assert_eq!(level(json!("Sev1")), 5);
        assert_eq!(level(json!(9)), 1);
        assert_eq!(level(json!("high")), 4);
        assert_eq!(level(json!(2)), 2);
        assert_eq!(level(json!(["x"])), 3);
    }

    #[test]
    fn what_is_not_described_or_not_there_is_found_as_json_finds_it() {
        let found = message(json!({ "title": "/none" }), r#"{"subject":"s","text":"t"}"#);
        assert_eq!((found.title.as_str(), found.body.as_str()), ("s", "t"));
        // A pointer that hits nothing, and nothing else: all of it is shown.
        let all = message(json!({ "title": "/none", "body": "/none" }), r#"{"a":1}"#);
        assert_eq!((all.title.as_str(), all.body.as_str()), ("", r#"{"a":1}"#));
        assert_eq!(message(json!({ "title": "/0" }), "[1,2]").title, "1");
        assert_eq!(message(json!({ "title": "/0" }), "[1,2]").body, "");
        let text = message(json!({ "title": "Deploy" }), "not JSON");
        assert_eq!((text.title.as_str(), text.body.as_str()), ("Deploy", "not JSON"));
    }

    #[test]
    fn conditions_tell_heartbeats_messages_and_updates() {
        let feed = mapped(json!({
            "heartbeat": { "at": "/kind", "equals": "noop" },
            "message": [{ "at": "/kind", "equals": "new" }, { "at": "type", "equals": "urgent" }],
            "update": { "at": "/kind", "equals": "changed" },
            "sequence": "/id",
        }));
        let decode = |kind: &str, data: &str| feed.decode(&event(kind, data));
        let replaces = |decoded| match decoded {
            Decoded::Message(message) => message.sequence.unwrap().replaces,
            other => panic!("{other:?}"),
        };
        assert_eq!(decode("message", r#"{"kind":"noop"}"#), Decoded::Heartbeat);
        assert_eq!(decode("ping", "x"), Decoded::Heartbeat);
        assert_eq!(decode("message", r#"{"kind":"other"}"#), Decoded::Nothing);
        assert_eq!(decode("message", "no JSON"), Decoded::Nothing);
        assert!(!replaces(decode("message", r#"{"kind":"new","id":1}"#)));
        assert!(!replaces(decode("urgent", r#"{"id":1}"#)));
        assert!(replaces(decode("message", r#"{"kind":"changed","id":1}"#)));
    }

    #[test]
    fn an_id_may_stand_in_the_data_and_be_resumed_from_by_a_parameter() {
        let feed = mapped(json!({ "id": "/meta/seq", "resume_parameter": "since" }));
        let mut found = event("message", r#"{"meta":{"seq":17}}"#);
        feed.identify(&mut found);
        assert_eq!(found.own_id.as_deref(), Some("17"));
        let url = "https://a.example/s?x=1".parse().unwrap();
        let asked = feed.request(&url, &Cursor::of_id("17"));
        assert_eq!(asked.url.query(), Some("x=1&since=17"));
        assert_eq!(asked.last_event_id.as_deref(), Some("17"));
        assert_eq!(feed.request(&url, &Cursor::of_id("a\nb")).last_event_id, None);
        assert_eq!(feed.request(&url, &Cursor::NONE), Request::plain(&url));
        let mut without = RawEvent { own_id: Some("wire".into()), ..event("message", "{") };
        feed.identify(&mut without);
        assert_eq!(without.own_id.as_deref(), Some("wire"));
    }

    #[test]
    fn of_an_event_that_is_cut_off_the_id_is_whole_or_none() {
        let id = |places: Value, data: &str| {
            let mut event = event("message", data);
            mapped(json!({ "id": places })).identify(&mut event);
            event.own_id
        };
        let (one, cut) = (json!("/meta/seq"), r#"{"meta":{"seq":17,"text":"xxx"#);
        assert_eq!(id(one.clone(), cut).as_deref(), Some("17"));
        assert_eq!(id(json!("{/meta/seq}-{/meta/text}"), cut), None);
        assert_eq!(id(json!(["/later", "/meta/seq"]), cut), None);
        assert_eq!(id(one, r#"{"meta":{"seq":17"#), None);
    }

    #[test]
    fn one_that_does_not_replay_has_no_cursor() {
        let feed = mapped(json!({ "replays": false, "cadence": "30s" }));
        assert!(!feed.resumes_from("1") && !feed.replays());
        assert_eq!(feed.cadence_default(), Some(Duration::from_secs(30)));
    }

    #[test]
    fn what_does_not_parse_is_said() {
        let wrong = |form: Value| serde_json::from_value::<Form>(form).unwrap_err().to_string();
        for (form, why) in [
            (json!({ "title": "{/a" }), "other one"),
            (json!({ "tags": "a" }), "begins with a slash"),
            (json!({ "priorities": { "sev1": 9 } }), "not 1 to 5"),
            (json!({ "cadence": "often" }), "not a length of time"),
            (json!({ "heading": "/a" }), "unknown field `heading`"),
            (json!({ "message": { "at": "/a" } }), "one of"),
            (json!({ "title": vec!["/a"; 40] }), "more than 32"),
        ] {
            let said = wrong(form.clone());
            assert!(said.contains(why), "{form}: {said}");
        }
    }

    #[test]
    fn a_strangers_texts_are_cleaned_and_cut() {
        let form =
            json!({ "title": "/t", "body": "/b", "tags": "/g", "sequence": "/t", "url": "/u" });
        let long = "ä".repeat(100_000);
        let data = json!({ "t": format!("a\u{202e}\nb{long}"), "b": long, "g": vec!["x"; 500],
                           "u": "javascript:alert(1)" });
        let found = message(form, &data.to_string());
        assert!(found.title.starts_with("a b") && found.title.chars().count() == 1_000);
        assert_eq!(found.body.chars().count(), crate::message::BODY_CHARS_MAX);
        assert_eq!((found.tags.len(), found.url), (32, None));
        assert_eq!(found.sequence, None);
    }
}
