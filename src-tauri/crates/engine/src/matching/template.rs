//! A text with places in it: `{/repository/name}: {/action}`. A pointer alone is the shortest one.

use std::{borrow::Cow, io};

use serde::Deserialize;
use serde_json::Value;

use super::{Pointer, pattern::LOOKED_AT_BYTES_MAX};

/// The most parts of a template.
const PARTS_MAX: usize = 64;
/// A text of this many bytes is filled no further; no field that is made of one may be as long.
/// Without it, an event of 4 MiB could fill a text of 64 places with 256 MiB.
const FILLED_BYTES_MAX: usize = 256 << 10;

/// A text with places in it. `{{` and `}}` stand for braces.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Place(Pointer),
}

impl TryFrom<String> for Template {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parts = match text.starts_with('/') && !text.contains(['{', '}']) {
            true => vec![Part::Place(Pointer::parse(&text)?)],
            false => parts(&text)?,
        };
        if parts.len() > PARTS_MAX {
            return Err(format!("the text has more than {PARTS_MAX} places in it"));
        }
        Ok(Self { parts })
    }
}

fn parts(text: &str) -> Result<Vec<Part>, String> {
    let wrong = |why: &str| {
        format!("{text:?} {why}; a place is written {{/like/this}}, and a brace itself twice")
    };
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        if let Some(after) = from.strip_prefix("{{").or_else(|| from.strip_prefix("}}")) {
            plain.push_str(&from[..1]);
            rest = after;
            continue;
        }
        let Some((place, after)) = from.strip_prefix('{').and_then(|from| from.split_once('}'))
        else {
            return Err(wrong("has a brace without its other one"));
        };
        if !plain.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut plain)));
        }
        parts.push(Part::Place(Pointer::parse(place)?));
        rest = after;
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        parts.push(Part::Text(plain));
    }
    Ok(parts)
}

impl Template {
    /// The text of these data; `None` where it has places and none of them is there.
    #[must_use]
    pub fn fill(&self, data: &Value) -> Option<String> {
        let (text, places, found) = self.filled(data);
        (places == 0 || found > 0).then_some(text)
    }

    /// The text of these data; `None` where any of its places is not there.
    #[must_use]
    pub fn fill_whole(&self, data: &Value) -> Option<String> {
        let (text, places, found) = self.filled(data);
        (found == places).then_some(text)
    }

    /// The text, how many places it has, and how many of them are there.
    fn filled(&self, data: &Value) -> (String, usize, usize) {
        let mut out = String::new();
        let (mut places, mut found) = (0, 0);
        for part in &self.parts {
            if out.len() >= FILLED_BYTES_MAX {
                break;
            }
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Place(pointer) => {
                    places += 1;
                    if let Some(value) = pointer.find(data)
                        && let Some(text) = in_text(&value)
                    {
                        found += 1;
                        out.push_str(&text);
                    }
                }
            }
        }
        (out, places, found)
    }
}

/// A value as it stands in a text. Null and an empty text are none.
pub(super) fn in_text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Null => None,
        Value::String(text) => (!text.is_empty()).then_some(Cow::Borrowed(text)),
        other => Some(Cow::Owned(other.to_string())),
    }
}

/// The beginning of such a text, for a pattern, which looks at no more: a large object is not
/// written out whole.
pub(super) fn beginning(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Array(_) | Value::Object(_) => {
            let mut head = Head(Vec::new());
            // Writing ends with an error where the text is longer.
            let _ = serde_json::to_writer(&mut head, value);
            Some(Cow::Owned(String::from_utf8_lossy(&head.0).into_owned()))
        }
        short => in_text(short),
    }
}

/// As many bytes as a pattern looks at.
struct Head(Vec<u8>);

impl io::Write for Head {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let kept = bytes.len().min(LOOKED_AT_BYTES_MAX - self.0.len());
        self.0.extend(&bytes[..kept]);
        Ok(kept)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn template(text: &str) -> Result<Template, String> {
        Template::try_from(text.to_owned())
    }

    #[test]
    fn places_are_filled_and_what_is_missing_leaves_nothing() {
        let data = json!({ "repository": { "name": "hark" }, "action": "opened", "n": 7, "no": null,
                           "list": [1, "a"], "empty": "" });
        for (text, wanted) in [
            ("/action", Some("opened")),
            ("{/repository/name}: {/action}", Some("hark: opened")),
            ("#{/n} {/none}!", Some("#7 !")),
            ("{{{/n}}} {{}}", Some("{7} {}")),
            ("{/list}", Some(r#"[1,"a"]"#)),
            ("always this", Some("always this")),
            ("", Some("")),
            ("{/no}{/empty}{/none}", None),
            ("/none", None),
        ] {
            assert_eq!(template(text).unwrap().fill(&data).as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn a_pattern_sees_the_beginning_of_a_large_object() {
        let large = json!({ "a": ["x".repeat(10_000)], "b": 1 });
        let whole = in_text(&large).unwrap().into_owned();
        assert_eq!(beginning(&large).unwrap(), whole[..LOOKED_AT_BYTES_MAX]);
        let small = json!([1, { "a": null }]);
        assert_eq!(beginning(&small), in_text(&small));
    }

    #[test]
    fn many_places_in_a_large_event_make_no_larger_text() {
        let data = json!({ "large": "x".repeat(4 << 20) });
        let filled = template(&"{/large}".repeat(PARTS_MAX)).unwrap().fill(&data).unwrap();
        assert_eq!(filled.len(), 4 << 20);
    }

    #[test]
    fn what_is_no_template_is_said() {
        for (text, why) in [
            ("{/a", "other one"),
            ("a}", "other one"),
            ("{a}", "begins with a slash"),
            ("{/a~}", "~0"),
            ("/a~", "~0"),
        ] {
            let wrong = template(text).unwrap_err();
            assert!(wrong.contains(why), "{text}: {wrong}");
        }
        assert!(template(&"{/a}".repeat(65)).is_err());
    }
}
