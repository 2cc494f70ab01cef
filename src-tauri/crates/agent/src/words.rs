//! The few words that the agent itself shows: in notifications and in the tray. English and
//! Simplified Chinese.

/// The person's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// 简体中文.
    Chinese,
}

impl Language {
    /// From the locale's environment variables, in the order that POSIX gives them.
    #[must_use]
    pub fn of_environment() -> Self {
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let locale = set("LC_ALL").or_else(|| set("LC_MESSAGES")).or_else(|| set("LANG"));
        if locale.is_some_and(|locale| locale.starts_with("zh")) {
            Self::Chinese
        } else {
            Self::English
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
