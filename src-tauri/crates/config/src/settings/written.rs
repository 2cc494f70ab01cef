//! Credentials as they are written: where each is to be found, and never the secret itself. What is wrong is said
//! without the value, which may be a secret that somebody put there by mistake.

use std::{fmt, marker::PhantomData};

use http::HeaderName;
use indexmap::IndexMap;
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::{Basic, Credential};

/// What a credential may be. This replaces every error in one, as serde's own repeat the value.
const CREDENTIAL: &str = "a credential is { env = \"NAME\" }, { file = \"/path\" } or \
                          { command = [\"program\", …] }; the secret itself does not belong here";
/// What the path of a credential's file is; from where another one leads is up to whatever starts the agent.
const WHOLE_PATH: &str =
    "the file of a credential is named by its whole path, { file = \"/path\" }";
/// What `basic` may be.
const BASIC: &str = "basic is { user = \"NAME\", password = { file = \"/path\" } }; \
                     the secret itself does not belong here";
/// Headers that say how a request is sent: they are made with it.
const OF_THE_REQUEST: [&str; 8] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
/// What `headers` may be.
const HEADERS: &str = "headers are { \"X-Name\" = { file = \"/path\" } }; \
                       the secret itself does not belong here";

/// Takes a table, and answers anything else with the form that was wanted. Errors of serde's own
/// repeat the value, which may be a secret that somebody put there by mistake.
struct TableAlone<T>(&'static str, PhantomData<T>);

pub(super) fn table_alone<'de, D, T>(deserializer: D, form: &'static str) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_any(TableAlone(form, PhantomData))
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for TableAlone<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<T, E> {
        Err(E::custom(self.0))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<T, E> {
        Err(E::custom(self.0))
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<T, E> {
        Err(E::custom(self.0))
    }

    fn visit_i128<E: de::Error>(self, _: i128) -> Result<T, E> {
        Err(E::custom(self.0))
    }

    fn visit_u128<E: de::Error>(self, _: u128) -> Result<T, E> {
        Err(E::custom(self.0))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<T, E> {
        Err(E::custom(self.0))
    }
}

impl<'de> Deserialize<'de> for Credential {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wrong = || de::Error::custom(CREDENTIAL);
        let given: toml::Table =
            table_alone(deserializer, CREDENTIAL).map_err(|_: D::Error| wrong())?;
        let mut given = given.into_iter();
        let (Some((place, value)), None) = (given.next(), given.next()) else {
            return Err(wrong());
        };
        let credential = match place.as_str() {
            "env" => value.try_into().map(Self::Env),
            "file" => value.try_into().map(Self::File),
            "command" => value.try_into().map(Self::Command),
            _ => return Err(wrong()),
        };
        match credential.map_err(|_| wrong())? {
            // On Windows the current drive is as good as a named one.
            Self::File(path) if !path.has_root() => Err(de::Error::custom(WHOLE_PATH)),
            Self::Command(words) if words.is_empty() => Err(wrong()),
            credential => Ok(credential),
        }
    }
}

pub(super) fn basic<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Basic>, D::Error> {
    table_alone(deserializer, BASIC).map(Some)
}

pub(super) fn headers<'de, D>(deserializer: D) -> Result<IndexMap<String, Credential>, D::Error>
where
    D: Deserializer<'de>,
{
    let headers: IndexMap<String, Credential> = table_alone(deserializer, HEADERS)?;
    headers.keys().try_for_each(|name| header_name(name)).map_err(de::Error::custom)?;
    Ok(headers)
}

/// Whether a header of this name can be sent with a request.
///
/// # Errors
/// One sentence, without a full stop.
pub fn header_name(name: &str) -> Result<(), String> {
    let known =
        HeaderName::try_from(name).map_err(|_| format!("{name:?} is no name of a header"))?;
    match OF_THE_REQUEST.contains(&known.as_str()) {
        true => Err(format!("the header {name} is made with each request, and cannot be set")),
        false => Ok(()),
    }
}

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(words) => {
                write!(f, "the command {:?}", words.first().map_or("", String::as_str))
            }
            Self::Env(name) => write!(f, "the environment variable {name}"),
            Self::File(path) => write!(f, "the file {}", path.display()),
        }
    }
}
