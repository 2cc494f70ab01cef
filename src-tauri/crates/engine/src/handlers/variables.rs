//! The environment of a command that the person has set: what stays of our own, and what is told in variables.
//! Pure, and the same for a handler and for `hark listen --exec`. What a server sent is in values alone.

use std::{collections::BTreeSet, ffi::OsString};

/// The longest value of a variable that tells something. Bytes.
pub const VALUE_BYTES_MAX: usize = 16 << 10;

/// A variable's name, and what it tells.
pub type Variable = (&'static str, String);

/// What variables tell of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told<'a> {
    /// One line; may be empty.
    pub title: &'a str,
    /// The text; may be empty.
    pub body: &'a str,
    /// With commas in between.
    pub tags: &'a str,
    /// What it was published under; empty where there is only one.
    pub topic: &'a str,
    /// 1 to 5.
    pub priority: u8,
    /// What a click opens; may be empty.
    pub url: &'a str,
    /// When it was sent, as RFC 3339 has it.
    pub time: &'a str,
}

impl Told<'_> {
    /// The variables that tell it.
    #[must_use]
    pub fn variables(&self) -> [Variable; 7] {
        [
            ("HARK_TITLE", self.title.to_owned()),
            ("HARK_BODY", self.body.to_owned()),
            ("HARK_TAGS", self.tags.to_owned()),
            ("HARK_TOPIC", self.topic.to_owned()),
            ("HARK_PRIORITY", self.priority.to_string()),
            ("HARK_URL", self.url.to_owned()),
            ("HARK_TIME", self.time.to_owned()),
        ]
    }
}

/// All of a command's environment. `own` is what it has of ours, of which `secret` is left out, however that is
/// written: names of variables are the same in capitals on Windows. A value that is cut is told by `HARK_TRUNCATED`.
#[must_use]
pub fn environment(
    told: impl IntoIterator<Item = Variable>,
    own: impl IntoIterator<Item = (OsString, OsString)>,
    secret: &BTreeSet<String>,
) -> Vec<(OsString, OsString)> {
    let is_secret = |name: &OsString| secret.iter().any(|known| name.eq_ignore_ascii_case(known));
    let own = own.into_iter().filter(|(name, _)| !is_secret(name));
    let mut all: Vec<(OsString, OsString)> = own.collect();
    let mut is_cut = false;
    for (name, value) in told {
        // No variable can hold it.
        let mut value = value.replace('\0', "");
        if value.len() > VALUE_BYTES_MAX {
            value.truncate(value.floor_char_boundary(VALUE_BYTES_MAX));
            is_cut = true;
        }
        all.push((name.into(), value.into()));
    }
    if is_cut {
        all.push(("HARK_TRUNCATED".into(), "1".into()));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_environment_stays_no_secret() {
        let own = [("PATH", "/bin"), ("LC_TIME", "C"), ("TZ", "canary"), ("Lc_Secret", "canary")];
        let own = own.map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let secret = ["TZ", "LC_SECRET"].map(str::to_owned).into();
        let all = environment([("HARK_BODY", "$(id)\0\n--flag".to_owned())], own, &secret);
        let wanted = [("PATH", "/bin"), ("LC_TIME", "C"), ("HARK_BODY", "$(id)\n--flag")];
        assert_eq!(all, wanted.map(|(name, value)| (name.into(), value.into())));
    }

    #[test]
    fn what_is_long_is_cut_at_a_character_and_that_is_told() {
        let all =
            environment([("HARK_BODY", format!("a{}", "é".repeat(1 << 19)))], [], &BTreeSet::new());
        assert_eq!(all[0].1.len(), VALUE_BYTES_MAX - 1);
        assert_eq!(all[1], ("HARK_TRUNCATED".into(), "1".into()));
    }
}
