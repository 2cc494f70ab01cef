//! What stands in JSON of which only the beginning may be there, as with an event that is too large.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

/// An object or array, or what was complete of it before it ends or goes wrong. What is neither is
/// `null`.
pub(super) fn read(json: &str) -> Value {
    let mut value = Value::Null;
    // A number at the end may be half of one.
    let json = json.trim_end_matches(|c: char| c.is_ascii_digit() || "+-.eE".contains(c));
    // Where it ends does not matter; what came before is in `value`.
    drop(Into(&mut value).deserialize(&mut serde_json::Deserializer::from_str(json)));
    value
}

/// The text that stands as `id` in an object.
pub(super) fn id(json: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Id {
        id: String,
    }
    match serde_json::from_str(json) {
        Ok(Id { id }) => Some(id),
        Err(_) => read(json).get("id")?.as_str().map(str::to_owned),
    }
}

/// Reads into this place, member by member.
struct Into<'a>(&'a mut Value);

impl<'de> DeserializeSeed<'de> for Into<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Into<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        *self.0 = value.into();
        Ok(())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        *self.0 = value.into();
        Ok(())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        *self.0 = value.into();
        Ok(())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        *self.0 = Number::from_f64(value).into();
        Ok(())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        *self.0 = value.into();
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        *self.0 = Value::Array(Vec::new());
        let Value::Array(items) = self.0 else { return Ok(()) };
        loop {
            let mut item = Value::Null;
            let read = seq.next_element_seed(Into(&mut item));
            if !item.is_null() || matches!(read, Ok(Some(()))) {
                items.push(item);
            }
            if read?.is_none() {
                return Ok(());
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        *self.0 = Value::Object(Map::new());
        let Value::Object(members) = self.0 else { return Ok(()) };
        while let Some(name) = map.next_key::<String>()? {
            let member = members.entry(name).or_insert(Value::Null);
            *member = Value::Null;
            map.next_value_seed(Into(member))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_complete_is_read_and_the_rest_is_not_there() {
        let whole = json!({
            "id": "x", "n": [1, -2, 0.5, true, null, { "deep": "y" }], "none": null, "a": {},
        });
        assert_eq!(read(&whole.to_string()), whole);
        for (cut, there) in [
            (r#"{"id":"x","message":"xxx"#, json!({ "id": "x", "message": null })),
            (r#"{"id":"x","mess"#, json!({ "id": "x" })),
            (
                r#"{"data":{"id":7,"b":[1,{"c":2},"d"#,
                json!({ "data": { "id": 7, "b": [1, { "c": 2 }] } }),
            ),
            (r#"{"id":"x","n":17"#, json!({ "id": "x", "n": null })),
            (r#"{"id":"cut"#, json!({ "id": null })),
            (r#"{"id":"x","id":"y"#, json!({ "id": null })),
            ("[[", json!([[]])),
            ("text", json!(null)),
            ("", json!(null)),
        ] {
            assert_eq!(read(cut), there, "{cut}");
        }
    }

    #[test]
    fn no_depth_is_too_deep() {
        assert!(read(&"[".repeat(100_000)).is_array());
        assert!(read(&r#"{"a":"#.repeat(100_000)).is_object());
    }
}
