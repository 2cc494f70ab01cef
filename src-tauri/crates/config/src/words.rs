//! What the reader of a settings file says of a value of the wrong kind, in the words of such a file: it names types of
//! the program. What it says otherwise is left as it is.

/// See the module. `said` is without its place in the file.
pub(crate) fn plain(said: &str) -> String {
    let wrong = said.strip_prefix("invalid type: ").or(said.strip_prefix("invalid value: "));
    if let Some((found, wanted)) = wrong.and_then(|rest| rest.rsplit_once(", expected ")) {
        return format!("{} stands where {} belongs", what_is(found), what_belongs(wanted));
    }
    if let Some(rest) = said.strip_prefix("unknown variant ")
        && let Some((found, known)) = rest.split_once(", expected ")
    {
        let known = known.strip_prefix("one of ").unwrap_or(known);
        return format!("{found} is not known here, but only {known}");
    }
    said.to_owned()
}

fn what_is(found: &str) -> String {
    match found.split_once(' ') {
        Some(("string", text)) => format!("the text {text}"),
        Some(("integer" | "floating", rest)) => {
            let number = rest.strip_prefix("point ").unwrap_or(rest);
            format!("the number {}", number.trim_matches('`'))
        }
        Some(("boolean", word)) => word.trim_matches('`').to_owned(),
        None if found == "map" => "a table".to_owned(),
        None if found == "sequence" => "a list".to_owned(),
        _ => found.to_owned(),
    }
}

fn what_belongs(wanted: &str) -> &str {
    match wanted {
        "a string" | "string" => "a text",
        "a sequence" | "sequence" => "a list",
        "a map" | "map" => "a table",
        "a boolean" => "true or false",
        "i8" | "i16" | "i32" | "i64" => "a whole number",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number that is not below 0",
        "path string" => "a path",
        _ if wanted.starts_with("a nonzero ") => "a whole number above 0",
        _ if wanted.starts_with("struct ") => "a table",
        _ => wanted,
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, num::NonZeroU32, path::PathBuf};

    use serde::{Deserialize, de::DeserializeOwned};

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Choice {
        Few,
        Many,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only read")]
    struct Inner {
        x: u8,
    }

    fn said<T: DeserializeOwned + std::fmt::Debug>(value: &str) -> String {
        let text = format!("it = {value}");
        plain(toml::from_str::<BTreeMap<String, T>>(&text).unwrap_err().message())
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_told_in_the_words_of_the_file() {
        for (said, wanted) in [
            (said::<String>("7"), "the number 7 stands where a text belongs"),
            (said::<String>("1.5"), "the number 1.5 stands where a text belongs"),
            (said::<String>("[\"a\"]"), "a list stands where a text belongs"),
            (said::<String>("{ a = 1 }"), "a table stands where a text belongs"),
            (said::<PathBuf>("true"), "true stands where a path belongs"),
            (said::<bool>("\"yes\""), "the text \"yes\" stands where true or false belongs"),
            (
                said::<Vec<u8>>("\"x, expected y\""),
                "the text \"x, expected y\" stands where a list belongs",
            ),
            (
                said::<u32>("-1"),
                "the number -1 stands where a whole number that is not below 0 belongs",
            ),
            (said::<i64>("\"high\""), "the text \"high\" stands where a whole number belongs"),
            (said::<NonZeroU32>("0"), "the number 0 stands where a whole number above 0 belongs"),
            (said::<Inner>("3"), "the number 3 stands where a table belongs"),
            (said::<BTreeMap<String, u8>>("3"), "the number 3 stands where a table belongs"),
            (said::<Choice>("\"some\""), "`some` is not known here, but only `few` or `many`"),
            (said::<Inner>("{}"), "missing field `x`"),
            (said::<u8>(""), "string values must be quoted, expected literal string"),
        ] {
            assert_eq!(said, wanted);
        }
    }
}
