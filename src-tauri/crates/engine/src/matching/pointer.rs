//! A JSON Pointer (RFC 6901): where a value stands in an event's data.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

/// The deepest place that can be pointed at.
const STEPS_MAX: usize = 64;

/// A longer text is not parsed as JSON, in bytes.
const INSIDE_BYTES_MAX: usize = 64 << 10;

/// A place in JSON, such as `/repository/name` or `/commits/0`. The empty one is the whole.
///
/// It goes one step further than the standard: it looks into a text that is itself JSON, since some
/// servers wrap their payload so.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Pointer {
    steps: Vec<String>,
}

impl TryFrom<String> for Pointer {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl Pointer {
    /// Reads a pointer.
    ///
    /// # Errors
    /// One sentence without its full stop, where the text is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some(rest) = text.strip_prefix('/') else {
            return match text {
                "" => Ok(Self { steps: Vec::new() }),
                _ => Err(format!(
                    "{text:?} is no JSON Pointer: one begins with a slash, as in \"/{text}\""
                )),
            };
        };
        let steps = rest.split('/').map(unescaped).collect::<Option<Vec<_>>>();
        let steps = steps.ok_or_else(|| {
            format!("{text:?} is no JSON Pointer: a ~ is written ~0, and a slash in a name ~1")
        })?;
        if steps.len() > STEPS_MAX {
            return Err(format!("the JSON Pointer has more than {STEPS_MAX} steps"));
        }
        Ok(Self { steps })
    }

    /// Whether it points at all of the data.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.steps.is_empty()
    }

    /// The value there, if there is one.
    #[must_use]
    pub fn find<'a>(&self, value: &'a Value) -> Option<Cow<'a, Value>> {
        walk(Cow::Borrowed(value), &self.steps)
    }
}

fn unescaped(step: &str) -> Option<String> {
    let mut out = String::with_capacity(step.len());
    let mut rest = step.chars();
    while let Some(c) = rest.next() {
        out.push(match c {
            '~' => match rest.next()? {
                '0' => '~',
                '1' => '/',
                _ => return None,
            },
            c => c,
        });
    }
    Some(out)
}

fn walk<'a>(value: Cow<'a, Value>, steps: &[String]) -> Option<Cow<'a, Value>> {
    let Some((step, rest)) = steps.split_first() else { return Some(value) };
    // A list's places are numbers without a leading zero (RFC 6901, 4).
    let place = || match step.as_bytes() {
        [b'0'] | [b'1'..=b'9', ..] => step.parse::<usize>().ok(),
        _ => None,
    };
    let next = match value {
        Cow::Borrowed(Value::Object(map)) => Cow::Borrowed(map.get(step)?),
        Cow::Borrowed(Value::Array(list)) => Cow::Borrowed(list.get(place()?)?),
        Cow::Owned(Value::Object(mut map)) => Cow::Owned(map.shift_remove(step)?),
        Cow::Owned(Value::Array(mut list)) => {
            let place = place().filter(|place| *place < list.len())?;
            Cow::Owned(list.swap_remove(place))
        }
        Cow::Borrowed(Value::String(text)) => return inside(text, steps),
        Cow::Owned(Value::String(text)) => return inside(&text, steps),
        _ => return None,
    };
    walk(next, rest)
}

/// The value in a text that is itself an object or a list.
fn inside<'a>(text: &str, steps: &[String]) -> Option<Cow<'a, Value>> {
    if text.len() > INSIDE_BYTES_MAX || !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    walk(Cow::Owned(serde_json::from_str(text).ok()?), steps)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_finds_what_the_standard_says() {
        // RFC 6901, 5.
        let document = json!({
            "foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "k\"l": 6, " ": 7, "m~n": 8,
        });
        for (text, wanted) in [
            ("", Some(document.clone())),
            ("/foo", Some(json!(["bar", "baz"]))),
            ("/foo/0", Some(json!("bar"))),
            ("/", Some(json!(0))),
            ("/a~1b", Some(json!(1))),
            ("/c%d", Some(json!(2))),
            ("/e^f", Some(json!(3))),
            ("/k\"l", Some(json!(6))),
            ("/ ", Some(json!(7))),
            ("/m~0n", Some(json!(8))),
            ("/foo/00", None),
            ("/foo/2", None),
            ("/foo/-", None),
            ("/foo/0/x", None),
            ("/none", None),
        ] {
            let found = Pointer::parse(text).unwrap().find(&document).map(Cow::into_owned);
            assert_eq!(found, wanted, "{text}");
        }
    }

    #[test]
    fn a_text_that_is_json_is_looked_into() {
        let document = json!({ "payload": "{\"list\":[{\"a\":\"[1,2]\"}]}", "text": "{not" });
        let found = |text: &str| Pointer::parse(text).unwrap().find(&document).map(Cow::into_owned);
        assert_eq!(found("/payload/list/0/a/1"), Some(json!(2)));
        assert_eq!(found("/payload/list/1"), None);
        assert_eq!(found("/text/a"), None);
    }

    #[test]
    fn what_is_no_pointer_is_said() {
        let wrong = |text: &str| Pointer::parse(text).unwrap_err();
        assert_eq!(
            wrong("a/b"),
            r#""a/b" is no JSON Pointer: one begins with a slash, as in "/a/b""#
        );
        assert!(wrong("/a~").contains("~0"));
        assert!(wrong("/a~2").contains("~0"));
        assert!(wrong(&"/a".repeat(100)).contains("64 steps"));
    }
}
