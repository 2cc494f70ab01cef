//! The few words that the agent itself shows: in notifications and in the tray. English and
//! Simplified Chinese.

use hark_platform::locale;

/// The person's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// 简体中文.
    Chinese,
}

impl Language {
    /// The person's language, according to the system.
    #[must_use]
    pub fn of_system() -> Self {
        match locale::of_messages() {
            Some(locale) if locale.starts_with("zh") => Self::Chinese,
            _ => Self::English,
        }
    }

    /// `english` or `chinese`.
    #[must_use]
    pub fn pick(self, english: &'static str, chinese: &'static str) -> &'static str {
        match self {
            Self::English => english,
            Self::Chinese => chinese,
        }
    }

    /// The text of a notification that counts others.
    #[must_use]
    pub fn messages_came(self, count: u32) -> String {
        match self {
            Self::English => format!("{count} messages came while Hark was away"),
            Self::Chinese => format!("Hark 离线期间收到 {count} 条消息"),
        }
    }
}
