//! How a number of bytes is written: `4 MiB`, `512 KiB`, `1000`. Units are powers of 1024.

use std::fmt;

use serde::{
    Deserializer,
    de::{self, Visitor},
};

const UNITS: [(&str, u64); 4] =
    [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

/// Reads a number of bytes.
///
/// # Errors
/// One sentence that says what is wrong with it.
pub fn read(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim();
    let factor = match unit {
        "" | "B" => Some(1),
        unit => UNITS
            .iter()
            .find(|(name, _)| {
                name.eq_ignore_ascii_case(unit) || name[..1].eq_ignore_ascii_case(unit)
            })
            .map(|(_, factor)| *factor),
    };
    let bytes = number.parse::<u64>().ok().zip(factor);
    bytes
        .and_then(|(number, factor)| number.checked_mul(factor))
        .ok_or_else(|| format!("{text:?} is no size; write it like \"16 MiB\""))
}

/// Writes a number of bytes for a person.
#[must_use]
pub fn write(bytes: u64) -> String {
    match UNITS.iter().find(|(_, factor)| bytes >= *factor) {
        Some((name, factor)) if bytes.is_multiple_of(*factor) => {
            format!("{} {name}", bytes / factor)
        }
        Some((name, factor)) => {
            // Rounded up, so that no size looks smaller than it is.
            let tenths = (u128::from(bytes) * 10).div_ceil(u128::from(*factor));
            format!("{}.{} {name}", tenths / 10, tenths % 10)
        }
        None => format!("{bytes} B"),
    }
}

/// The next size that is easy to type and holds this many bytes: `8MiB`.
#[must_use]
pub fn write_up(bytes: u64) -> String {
    write(bytes.checked_next_power_of_two().unwrap_or(bytes)).replace(' ', "")
}

/// Reads a field of a settings file: a text such as `4MiB`, or a plain number of bytes.
///
/// # Errors
/// See [`read`].
pub fn field<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    deserializer.deserialize_any(Size)
}

/// The same for a field that may be missing.
///
/// # Errors
/// See [`read`].
pub fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    field(deserializer).map(Some)
}

struct Size;

impl Visitor<'_> for Size {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a size like \"16 MiB\", or a number of bytes")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<u64, E> {
        read(text).map_err(E::custom)
    }

    fn visit_u64<E: de::Error>(self, bytes: u64) -> Result<u64, E> {
        Ok(bytes)
    }

    fn visit_i64<E: de::Error>(self, bytes: i64) -> Result<u64, E> {
        u64::try_from(bytes).or_else(|_| read(&bytes.to_string()).map_err(E::custom))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_a_number_and_a_unit() {
        for (text, bytes) in [
            ("16 MiB", 16 << 20),
            ("16MiB", 16 << 20),
            ("1g", 1 << 30),
            ("1 TiB", 1 << 40),
            ("512 kib", 512 << 10),
            ("7", 7),
        ] {
            assert_eq!(read(text), Ok(bytes), "{text}");
        }
        for wrong in ["", "MiB", "1.5 MiB", "16 MB", "-1", "99999999999 GiB"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_field_is_a_size_or_a_plain_number_of_bytes() {
        let read = |json: &str| field(&mut serde_json::Deserializer::from_str(json));
        assert_eq!(read("5000000").unwrap(), 5_000_000);
        assert_eq!(read("\"4 KiB\"").unwrap(), 4096);
        for wrong in ["-1", "1.5", "true", "[]", "\"soon\""] {
            let said = read(wrong).unwrap_err().to_string();
            assert!(said.contains("16 MiB"), "{said}");
        }
    }

    #[test]
    fn a_size_is_written_as_a_person_says_it() {
        for (bytes, text, up) in [
            (4 << 20, "4 MiB", "4MiB"),
            (5_000_000, "4.8 MiB", "8MiB"),
            ((4 << 20) + 1, "4.1 MiB", "8MiB"),
            (900, "900 B", "1KiB"),
            (3 << 40, "3 TiB", "4TiB"),
        ] {
            assert_eq!((write(bytes).as_str(), write_up(bytes).as_str()), (text, up));
            assert!(read(&write_up(bytes)).unwrap() >= bytes);
        }
    }
}
