//! How a number of bytes is written: `4 MiB`, `512 KiB`, `1000`. Units are powers of 1024.

use serde::{Deserialize, Deserializer, de};

const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

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
            // Up, so that no size looks smaller than it is.
            let tenths = (u128::from(bytes) * 10).div_ceil(u128::from(*factor));
            format!("{}.{} {name}", tenths / 10, tenths % 10)
        }
        None => format!("{bytes} B"),
    }
}

/// A size that this one fits in, as one types it: `8MiB`.
#[must_use]
pub fn write_up(bytes: u64) -> String {
    write(bytes.checked_next_power_of_two().unwrap_or(bytes)).replace(' ', "")
}

/// For a field of that kind.
///
/// # Errors
/// See [`read`].
pub fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    read(&String::deserialize(deserializer)?).map(Some).map_err(de::Error::custom)
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
    fn a_size_is_written_as_a_person_says_it() {
        for (bytes, text, up) in [
            (4 << 20, "4 MiB", "4MiB"),
            (5_000_000, "4.8 MiB", "8MiB"),
            ((4 << 20) + 1, "4.1 MiB", "8MiB"),
            (900, "900 B", "1KiB"),
        ] {
            assert_eq!((write(bytes).as_str(), write_up(bytes).as_str()), (text, up));
            assert!(read(&write_up(bytes)).unwrap() >= bytes);
        }
    }
}
