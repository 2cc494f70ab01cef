//! The person's language, as the system says it.

use std::env;

/// The locale of messages, such as `zh_CN.UTF-8`, from the environment's variables in the order that
/// POSIX gives them.
///
/// Windows and macOS say it elsewhere, which is not written yet.
#[must_use]
pub fn of_messages() -> Option<String> {
    let set = |name| env::var(name).ok().filter(|value| !value.is_empty());
    set("LC_ALL").or_else(|| set("LC_MESSAGES")).or_else(|| set("LANG"))
}
