//! The few words that the agent itself shows: in notifications and in the tray. English and
//! Simplified Chinese.

use std::time::Duration;

use hark_api::{Class, Silence, Standing, Time, Why};
use hark_engine::{
    asked,
    failure::Cause,
    silence::when::{self, Day},
};
use hark_platform::locale;
use jiff::Zoned;

use crate::to_api;

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
        Self::of_tag(&locale::of_messages().unwrap_or_default())
    }

    /// The language of a tag, e.g. `zh-CN` or `zh_CN.UTF-8`; English where there is no other.
    #[must_use]
    pub fn of_tag(tag: &str) -> Self {
        if tag.starts_with("zh") { Self::Chinese } else { Self::English }
    }

    /// `english` or `chinese`.
    #[must_use]
    pub fn pick(self, english: &'static str, chinese: &'static str) -> &'static str {
        match self {
            Self::English => english,
            Self::Chinese => chinese,
        }
    }

    /// The whole text of a notification whose content is hidden.
    #[must_use]
    pub fn a_message_from(self, name: &str) -> String {
        match self {
            Self::English => format!("A message from {name}"),
            Self::Chinese => format!("来自 {name} 的一条消息"),
        }
    }

    /// What a click on a notification does that has no URL.
    #[must_use]
    pub fn shown_in_hark(self) -> &'static str {
        self.pick("Show in Hark", "在 Hark 中查看")
    }

    /// What a server answered to a message's request: `status` with this code.
    #[must_use]
    pub fn answered(self, code: u16, method: &str, origin: &str, status: &str) -> String {
        match (self, code) {
            (Self::English, 200..300) => format!("{method} was sent: {origin} answered {status}."),
            (Self::English, 300..400) => format!(
                "{method} was sent, and not to where it leads on: {origin} answered {status}."
            ),
            (Self::English, 500..) => {
                format!("{method} was sent, and the server failed: {origin} answered {status}.")
            }
            (Self::English, _) => format!("{method} was refused: {origin} answered {status}."),
            (Self::Chinese, 200..300) => format!("{method} 已发送：{origin} 回复 {status}。"),
            (Self::Chinese, 300..400) => {
                format!("{method} 已发送，但没有跟随重定向：{origin} 回复 {status}。")
            }
            (Self::Chinese, 500..) => {
                format!("{method} 已发送，但服务器出错：{origin} 回复 {status}。")
            }
            (Self::Chinese, _) => format!("{method} 被拒绝：{origin} 回复 {status}。"),
        }
    }

    /// That a message's request may not go where its address leads.
    #[must_use]
    pub fn inside(self, origin: &str) -> String {
        match self {
            Self::English => asked::inside(origin),
            Self::Chinese => format!(
                "没有发送：{origin} 位于本机或专用网络，消息在那里只能向自己所来自的服务器发送请求。"
            ),
        }
    }

    /// That a message's request was not answered.
    #[must_use]
    pub fn unanswered(self, cause: &Cause, origin: &str) -> String {
        match (self, cause) {
            (Self::English, cause) => asked::unanswered(cause, origin),
            (Self::Chinese, Cause::HeadersTimeout) => {
                format!("{origin} 没有按时回复，因此不知道它是否收到了请求。")
            }
            (Self::Chinese, Cause::EndOfStream | Cause::Truncated | Cause::ConnectionReset) => {
                format!("{origin} 没有回复就断开了连接，因此不知道它是否收到了请求。")
            }
            (Self::Chinese, Cause::NoRoute) => format!("没有通往 {origin} 的网络路由。"),
            (Self::Chinese, cause) => {
                format!("没有得到 {origin} 的回复。{}", self.of_class(to_api::class(cause.class())))
            }
        }
    }

    /// What is said where the window cannot be opened to ask or show something.
    #[must_use]
    pub fn without_window(self, command: &str) -> String {
        match self {
            Self::English => format!("It is asked or shown in a terminal: {command}"),
            Self::Chinese => format!("请在终端中继续：{command}"),
        }
    }

    /// How many messages there are that came while the person was `away`, or else late.
    #[must_use]
    pub fn missed(self, count: u32, urgent: u32, away: bool) -> String {
        let all = self.messages(count, 0);
        let all = match (self, away) {
            (Self::English, true) => format!("{all} while you were away"),
            (Self::English, false) => format!("{all} that came late"),
            (Self::Chinese, true) => format!("您不在时收到 {all}"),
            (Self::Chinese, false) => format!("补收 {all}"),
        };
        match (self, urgent) {
            (_, 0) => all,
            (Self::English, urgent) => format!("{all}, {urgent} urgent"),
            (Self::Chinese, urgent) => format!("{all}，{urgent} 条紧急"),
        }
    }

    /// How many messages a notification counts.
    #[must_use]
    pub fn messages(self, count: u32, urgent: u32) -> String {
        let all = match (self, count) {
            (Self::English, 1) => "1 message".to_owned(),
            (Self::English, count) => format!("{count} messages"),
            (Self::Chinese, count) => format!("{count} 条消息"),
        };
        match (self, urgent) {
            (_, 0) => all,
            (Self::English, 1) if count == 1 => "1 urgent message".to_owned(),
            (Self::English, _) if urgent == count => format!("{count} urgent messages"),
            (Self::Chinese, _) if urgent == count => format!("{count} 条紧急消息"),
            (Self::English, urgent) => format!("{all}, {urgent} urgent"),
            (Self::Chinese, urgent) => format!("{all}，{urgent} 条紧急"),
        }
    }

    /// The title of a notification that counts messages of several subscriptions.
    #[must_use]
    pub fn subscriptions(self, count: usize) -> String {
        match self {
            Self::English => format!("{count} subscriptions"),
            Self::Chinese => format!("{count} 个订阅"),
        }
    }

    /// That a subscription, or several, are not connected.
    #[must_use]
    pub fn not_connected(self, name: &str) -> String {
        match self {
            Self::English => format!("{name}: not connected"),
            Self::Chinese => format!("{name}：未连接"),
        }
    }

    /// Several names, and what is said of all of them.
    #[must_use]
    pub fn all_of(self, names: &[&str], said: &str) -> String {
        match self {
            Self::English => format!("{}: {said}", names.join(", ")),
            Self::Chinese => format!("{}：{said}", names.join("、")),
        }
    }

    /// Why a subscription is not connected.
    #[must_use]
    pub fn of_class(self, class: Class) -> &'static str {
        match class {
            Class::Local => self.pick("This computer is offline.", "本机没有网络。"),
            Class::Network | Class::Routine => {
                self.pick("The network or the server does not answer.", "网络或服务器没有响应。")
            }
            Class::Server => self.pick("The server has an error.", "服务器出错。"),
            Class::Refused => self.pick(
                "The server refuses: check the credential and the address.",
                "服务器拒绝访问：请检查凭据和地址。",
            ),
            Class::Protocol => self.pick("What it sends cannot be read.", "收到的数据无法读取。"),
        }
    }

    /// That there are so many more.
    #[must_use]
    pub fn and_more(self, count: usize) -> String {
        match self {
            Self::English => format!("… and {count} more"),
            Self::Chinese => format!("……以及另外 {count} 个"),
        }
    }

    /// That a subscription is connected again.
    #[must_use]
    pub fn is_back(self, name: &str) -> String {
        match self {
            Self::English => format!("{name} is back"),
            Self::Chinese => format!("{name} 已恢复"),
        }
    }

    /// That several subscriptions are connected again.
    #[must_use]
    pub fn are_back(self, count: usize) -> String {
        match self {
            Self::English => format!("{} are back", self.subscriptions(count)),
            Self::Chinese => format!("{}已恢复", self.subscriptions(count)),
        }
    }

    /// After how long something is connected again, and how many messages it has brought.
    #[must_use]
    pub fn back_after(self, after: Duration, caught_up: u64) -> String {
        let caught_up = u32::try_from(caught_up).unwrap_or(u32::MAX);
        let messages = self.messages(caught_up, 0);
        let (after, messages) = match self {
            Self::English => {
                (format!("After {}.", self.span(after)), format!(" {messages} caught up."))
            }
            Self::Chinese => (format!("中断 {}。", self.span(after)), format!("补收 {messages}。")),
        };
        if caught_up == 0 { after } else { after + &messages }
    }

    /// A length of time, to the minute where it is one.
    fn span(self, span: Duration) -> String {
        let (seconds, minutes, hours) =
            (span.as_secs(), span.as_secs() / 60, span.as_secs() / 3600);
        match (self, hours, minutes) {
            (Self::English, 0, 0) => format!("{seconds} s"),
            (Self::English, 0, minutes) => format!("{minutes} min"),
            (Self::English, hours, minutes) => format!("{hours} h {} min", minutes % 60),
            (Self::Chinese, 0, 0) => format!("{seconds} 秒"),
            (Self::Chinese, 0, minutes) => format!("{minutes} 分钟"),
            (Self::Chinese, hours, minutes) if minutes % 60 == 0 => format!("{hours} 小时"),
            (Self::Chinese, hours, minutes) => format!("{hours} 小时 {} 分钟", minutes % 60),
        }
    }

    /// The last line of a text of which more is in Hark.
    #[must_use]
    pub fn more_lines(self, count: usize) -> String {
        match (self, count) {
            (Self::English, 1) => "… 1 more line".to_owned(),
            (Self::English, count) => format!("… {count} more lines"),
            (Self::Chinese, count) => format!("…… 还有 {count} 行"),
        }
    }

    /// How many of those that are followed are live.
    #[must_use]
    pub fn live(self, live: usize, followed: usize) -> String {
        match self {
            Self::English if live == followed => format!("{live} live"),
            Self::English => format!("{live} of {followed} live"),
            Self::Chinese if live == followed => format!("{live} 个在线"),
            Self::Chinese => format!("{followed} 个中 {live} 个在线"),
        }
    }

    /// How a subscription is.
    #[must_use]
    pub fn is(self, name: &str, standing: Standing) -> String {
        let is = match standing {
            Standing::Paused => ("is paused", "已暂停"),
            Standing::Live => ("is live", "在线"),
            Standing::Trying => ("is being tried", "正在重试"),
            Standing::NeedsYou => ("needs you", "需要处理"),
        };
        match self {
            Self::English => format!("{name} {}", is.0),
            Self::Chinese => format!("{name} {}", is.1),
        }
    }

    /// What is silent, and until when.
    #[must_use]
    pub fn silent(self, silence: &Silence, now: &Zoned) -> String {
        let words = match (&silence.why, silence.until) {
            (_, Some(Time(until))) => {
                let until = until.to_zoned(now.time_zone().clone());
                let day = match when::day(&until, now) {
                    Day::Today => " %H:%M",
                    Day::Tomorrow => self.pick(" tomorrow %H:%M", "明天 %H:%M"),
                    Day::Another => " %Y-%m-%d %H:%M",
                };
                let until = until.strftime(day);
                return match self {
                    Self::English => format!("Silent until{until}"),
                    Self::Chinese => format!("静默到{until}"),
                };
            }
            (Why::DoNotDisturb, None) => ("Silent: do not disturb", "静默：请勿打扰"),
            (Why::Snooze, None) => ("Silent until unlocked", "静默到解锁"),
            (Why::QuietHours, None) => ("Silent: quiet hours", "静默：安静时段"),
            (_, None) => ("Silent", "静默"),
        };
        self.pick(words.0, words.1).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_is_written_as_it_is_said() {
        let after = |minutes: u64, messages| {
            Language::Chinese.back_after(Duration::from_secs(minutes * 60), messages)
        };
        assert_eq!(after(60, 0), "中断 1 小时。");
        assert_eq!(after(61, 3), "中断 1 小时 1 分钟。补收 3 条消息。");
        assert_eq!(Language::Chinese.are_back(3), "3 个订阅已恢复");
        assert_eq!(Language::Chinese.is_back("CI"), "CI 已恢复");
        assert_eq!(Language::Chinese.missed(3, 0, false), "补收 3 条消息");
        let origin = "https://a.example:443";
        for cause in [Cause::NoRoute, Cause::HeadersTimeout, Cause::ConnectionRefused] {
            let said = Language::Chinese.unanswered(&cause, origin);
            let rest = said.replace(origin, "");
            assert!(said != rest && !rest.contains(|it: char| it.is_ascii_lowercase()), "{said}");
        }
    }
}
