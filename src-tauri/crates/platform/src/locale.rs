//! The person's language, as the system says it.

use std::env;

/// The locale of messages, such as `zh_CN.UTF-8` or `zh-CN`: from the environment's variables in the order that
/// POSIX gives them, else from the system's settings where these say it.
#[must_use]
pub fn of_messages() -> Option<String> {
    let set = |name| env::var(name).ok().filter(|value| !value.is_empty());
    set("LC_ALL").or_else(|| set("LC_MESSAGES")).or_else(|| set("LANG")).or_else(of_system)
}

/// Linux says it by the variables alone.
#[cfg(target_os = "linux")]
fn of_system() -> Option<String> {
    None
}

/// The first of the languages that the person has chosen in the settings of Windows or macOS.
#[cfg(not(target_os = "linux"))]
fn of_system() -> Option<String> {
    sys_locale::get_locale()
}
