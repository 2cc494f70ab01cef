//! What must hold of an event: of its type, or of a value in its data.

use std::{borrow::Cow, cell::OnceCell};

use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

use super::{Pattern, Pointer, template::beginning};
use crate::message::RawEvent;

/// `{ at = "/kind", equals = "noop" }`: `at` is a JSON Pointer into the data, or the word `type`
/// for the event's own; beside it stands one of `equals`, `exists` and `matches`.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    at: Place,
    test: Test,
}

#[derive(Clone, Debug, PartialEq)]
enum Place {
    Type,
    Data(Pointer),
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    Equal(Value),
    Exist(bool),
    Match(Pattern),
}

/// An event, with its data parsed at most once.
#[derive(Debug)]
pub struct Facts<'a> {
    event: &'a RawEvent,
    data: OnceCell<Option<Value>>,
}

impl<'a> Facts<'a> {
    /// The facts of this event.
    #[must_use]
    pub fn of(event: &'a RawEvent) -> Self {
        Self { event, data: OnceCell::new() }
    }

    /// Its data as JSON; `None` where they are none.
    pub fn data(&self) -> Option<&Value> {
        self.data.get_or_init(|| serde_json::from_str(&self.event.data).ok()).as_ref()
    }
}

impl Condition {
    /// What its pattern weighs, where it has one.
    #[must_use]
    pub fn weight(&self) -> usize {
        match &self.test {
            Test::Match(pattern) => pattern.weight(),
            Test::Equal(_) | Test::Exist(_) => 0,
        }
    }

    /// Whether it holds.
    #[must_use]
    pub fn holds(&self, facts: &Facts<'_>) -> bool {
        let found = match &self.at {
            Place::Type => Some(Cow::Owned(Value::from(facts.event.kind.as_str()))),
            Place::Data(pointer) => match facts.data() {
                Some(data) => pointer.find(data),
                // Data that are no JSON are one text.
                None if pointer.is_whole() && !matches!(self.test, Test::Exist(_)) => {
                    Some(Cow::Owned(Value::from(facts.event.data.trim())))
                }
                None => None,
            },
        };
        match (&self.test, found) {
            (Test::Exist(wanted), found) => found.is_some_and(|value| !value.is_null()) == *wanted,
            (Test::Equal(wanted), Some(found)) => is_same(wanted, &found),
            (Test::Match(pattern), Some(found)) => {
                beginning(&found).is_some_and(|text| pattern.is_in(&text))
            }
            (_, None) => false,
        }
    }
}

/// Numbers are the same whether they are written 1 or 1.0.
fn is_same(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::Number(wanted), Value::Number(found)) => wanted.as_f64() == found.as_f64(),
        _ => wanted == found,
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            at: String,
            equals: Option<Value>,
            exists: Option<bool>,
            matches: Option<Pattern>,
        }
        let Fields { at, equals, exists, matches } = Fields::deserialize(deserializer)?;
        let at = match at.as_str() {
            "type" => Place::Type,
            place => Place::Data(Pointer::parse(place).map_err(de::Error::custom)?),
        };
        let test = match (equals, exists, matches) {
            (Some(value), None, None) => Test::Equal(value),
            (None, Some(wanted), None) => Test::Exist(wanted),
            (None, None, Some(pattern)) => Test::Match(pattern),
            _ => {
                return Err(de::Error::custom(
                    "beside `at` stands one of `equals`, `exists` and `matches`",
                ));
            }
        };
        Ok(Self { at, test })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn condition(value: Value) -> Result<Condition, serde_json::Error> {
        serde_json::from_value(value)
    }

    #[test]
    fn what_is_no_json_is_a_text_as_a_whole() {
        let holds = |condition: Value, data: &str| {
            let condition: Condition = serde_json::from_value(condition).unwrap();
            let event = RawEvent { data: data.into(), ..RawEvent::default() };
            condition.holds(&Facts::of(&event))
        };
        let ping = json!({ "at": "", "equals": "ping" });
        assert!(holds(ping.clone(), "ping") && holds(ping.clone(), "\"ping\""));
        assert!(!holds(ping, "pong"));
        assert!(holds(json!({ "at": "", "matches": "^p" }), "ping"));
        assert!(!holds(json!({ "at": "", "exists": true }), "ping"), "it is no value of JSON");
        assert!(!holds(json!({ "at": "/a", "equals": "ping" }), "ping"));
    }

    #[test]
    fn it_holds_of_a_value_or_of_the_type() {
        let data = r#"{"kind":"noop","n":2.0,"no":null,"list":[{"a":true}]}"#;
        let event = RawEvent { kind: "tick".into(), data: data.into(), own_id: None };
        for (given, wanted) in [
            (json!({ "at": "/kind", "equals": "noop" }), true),
            (json!({ "at": "/kind", "equals": "Noop" }), false),
            (json!({ "at": "/n", "equals": 2 }), true),
            (json!({ "at": "/list/0/a", "equals": true }), true),
            (json!({ "at": "/none", "equals": "" }), false),
            (json!({ "at": "/kind", "exists": true }), true),
            (json!({ "at": "/no", "exists": true }), false),
            (json!({ "at": "/none", "exists": false }), true),
            (json!({ "at": "/kind", "matches": "^no" }), true),
            (json!({ "at": "/n", "matches": "^2" }), true),
            (json!({ "at": "/none", "matches": "" }), false),
            (json!({ "at": "type", "equals": "tick" }), true),
            (json!({ "at": "type", "matches": "o" }), false),
            (json!({ "at": "", "exists": true }), true),
        ] {
            let held = condition(given.clone()).unwrap().holds(&Facts::of(&event));
            assert_eq!(held, wanted, "{given}");
        }
    }

    #[test]
    fn of_data_that_are_no_json_only_the_type_is_known() {
        let event = RawEvent { kind: "message".into(), data: "[[[".into(), own_id: None };
        let holds = |given| condition(given).unwrap().holds(&Facts::of(&event));
        assert!(!holds(json!({ "at": "", "exists": true })));
        assert!(holds(json!({ "at": "/a", "exists": false })));
        assert!(holds(json!({ "at": "type", "equals": "message" })));
    }

    #[test]
    fn what_is_none_is_said() {
        for (given, why) in [
            (json!({ "at": "/a" }), "one of"),
            (json!({ "at": "/a", "exists": true, "equals": 1 }), "one of"),
            (json!({ "at": "a", "exists": true }), "begins with a slash"),
            (json!({ "at": "/a", "matches": "(" }), "no regular expression"),
            (json!({ "at": "/a", "is": 1 }), "unknown field"),
            (json!({ "exists": true }), "missing field `at`"),
        ] {
            let wrong = condition(given.clone()).unwrap_err().to_string();
            assert!(wrong.contains(why), "{given}: {wrong}");
        }
    }
}
