//! One value where there is one, a list where there are several: `tag = "a"`, `tag = ["a", "b"]`.

use std::{fmt, marker::PhantomData, ops::Deref};

use serde::{
    Deserialize, Deserializer,
    de::{
        self, IntoDeserializer, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};

/// The longest list.
const MANY_MAX: usize = 32;

/// One value or a list of them; empty where nothing was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneOrMany<T>(Vec<T>);

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> From<Vec<T>> for OneOrMany<T> {
    fn from(all: Vec<T>) -> Self {
        Self(all)
    }
}

impl<T> Deref for OneOrMany<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

// `#[serde(untagged)]` would only say that nothing fits, whatever the error.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = OneOrMany<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one value or a list of them")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        T::deserialize(text.into_deserializer()).map(|one| OneOrMany(vec![one]))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        T::deserialize(number.into_deserializer()).map(|one| OneOrMany(vec![one]))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|one| OneOrMany(vec![one]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        let all: Vec<T> = Vec::deserialize(SeqAccessDeserializer::new(list))?;
        // In a rule any of these would be none, and no condition at all is all.
        if all.is_empty() {
            return Err(de::Error::custom("the list is empty; name something, or leave it out"));
        }
        if all.len() > MANY_MAX {
            return Err(de::Error::custom(format!("there are more than {MANY_MAX} of them")));
        }
        Ok(OneOrMany(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_and_many_are_told_apart_and_an_error_says_what_it_is() {
        let read = |json: &str| serde_json::from_str::<OneOrMany<String>>(json);
        assert_eq!(*read(r#""a""#).unwrap(), ["a"]);
        assert_eq!(*read(r#"["a","b"]"#).unwrap(), ["a", "b"]);
        let error = read("[]").unwrap_err().to_string();
        assert!(error.contains("the list is empty"), "{error}");
        let error = read("[7]").unwrap_err().to_string();
        assert!(error.contains("invalid type: integer `7`, expected a string"), "{error}");
    }
}
