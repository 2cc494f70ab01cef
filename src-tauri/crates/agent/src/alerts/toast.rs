//! What a notification says: a pure function of message and server.

mod body;
mod buttons;
#[cfg(test)]
mod servers;

use std::time::Duration;

use hark_engine::{message::Message, readable::is_blank};
use hark_platform::notifications::{Manner, Sound};
use hark_store::MessageRow;
use jiff::{Timestamp, Zoned};
use notify_rust::{Notification, Urgency};

use body::Body;

use crate::words::Language;

/// The name of the desktop entry; servers take Hark's name and icon from it.
pub const DESKTOP_ENTRY: &str = "hark";
/// A longer title is cut to so many characters.
const TITLE_CHARS_MAX: usize = 200;
/// Characters of the name of a subscription before the title.
const SOURCE_CHARS_MAX: usize = 40;
/// An older message says when it is of.
const NEWS: Duration = Duration::from_secs(120);

/// A notification and what a click on it opens.
#[derive(Clone, Debug)]
pub struct Toast {
    /// The notification to send.
    pub notification: Notification,
    /// How it comes.
    pub manner: Manner,
    /// The message's link, which a click opens as far as it may be opened.
    pub url: Option<String>,
    /// The message's sequence; this notification shows its latest message.
    pub sequence: Option<String>,
}

/// KDE's key of the field for an answer.
const REPLY: &str = "inline-reply";
/// The sound of a rule that wants silence.
const NO_SOUND: &str = "none";

/// What a notification server can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// It shows a text below the title.
    pub body: bool,
    /// It reads markup in the body, so that text must be escaped.
    pub body_markup: bool,
    /// It passes clicks on.
    pub actions: bool,
    /// How many buttons it has room for beside the click.
    pub buttons: usize,
    /// It has a field for an answer.
    pub replies: bool,
}

impl Capabilities {
    /// Those of the server that gives itself this name, by the capability names that it returned.
    pub fn of(server: &str, names: &[String]) -> Self {
        let has = |name: &str| names.iter().any(|known| known == name);
        let actions = has("actions");
        let buttons = if actions { buttons::room(server) } else { 0 };
        Self {
            body: has("body"),
            body_markup: has("body-markup"),
            actions,
            buttons,
            replies: actions && has("inline-reply"),
        }
    }
}

/// Whom a notification is from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The subscription's name.
    pub name: &'a str,
    /// Whether several are followed, so that the title has to say which one it is. What a message says
    /// comes after that, so that none can pass itself off as of another one.
    pub of_several: bool,
    /// Whether it says no more than that there is a message.
    pub hides: bool,
    /// Whether its server takes an answer.
    pub replies: bool,
}

/// The notification of one message.
#[must_use]
pub fn of_message(
    source: Source<'_>,
    row: MessageRow,
    now: &Zoned,
    can: Capabilities,
    language: Language,
) -> Toast {
    let MessageRow { message, sound, received, .. } = row;
    let name = cut(source.name, SOURCE_CHARS_MAX);
    // A topic is often what the person calls it, too.
    let is_said = is_blank(&message.title) || message.title.eq_ignore_ascii_case(&name);
    let title = match (is_said, source.of_several) {
        _ if source.hides => language.a_message_from(&name),
        (true, _) => name,
        (false, true) => format!("{name} · {}", &*message.title),
        (false, false) => message.title.to_string(),
    };
    let mut body = match source.hides {
        true => Body::default(),
        false => Body::of_message(&message.body, message.extras.markdown, language),
    };
    when(message.time.unwrap_or(received), now).into_iter().for_each(|when| body.begin(&when));
    let level = message.priority.level();
    let urgency = match level {
        1 | 2 => Urgency::Low,
        5 => Urgency::Critical,
        _ => Urgency::Normal,
    };
    let mut notification = basic(&title, &body, can);
    // Where a link leads may say as much as the text.
    let url = message.url.filter(|_| can.actions && !source.hides);
    let sound = match sound {
        Some(sound) if sound == NO_SOUND => Sound::Silent,
        Some(sound) => Sound::Named(sound),
        None => Sound::Usual,
    };
    let manner = Manner {
        passing: urgency == Urgency::Low,
        sound,
        follows_link: url.is_some(),
        ..Manner::of(urgency)
    };
    if url.is_some() {
        clicked(&mut notification, language.pick("Open", "打开"), can);
    } else {
        clicked(&mut notification, language.shown_in_hark(), can);
    }
    // What a button says may say as much, too.
    let actions = if source.hides { &[][..] } else { &message.extras.actions };
    for (button, label) in buttons::of_message(actions, url.is_some(), can.buttons, language) {
        notification.action(&button.key(), &label);
    }
    if can.replies && source.replies && !source.hides {
        notification.action(REPLY, language.pick("Reply", "回复"));
    }
    let sequence = message.sequence.map(|sequence| sequence.id.into());
    Toast { notification, manner, url, sequence }
}

/// When a message is of, where that is not just now: the time of day, and another day's date.
fn when(at: Timestamp, now: &Zoned) -> Option<String> {
    let age = now.timestamp().duration_since(at);
    let at = at.to_zoned(now.time_zone().clone());
    let format = if at.date() == now.date() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    (age.unsigned_abs() > NEWS).then(|| at.strftime(format).to_string())
}

/// The one notification for so many messages, and so many urgent ones among them, of which the latest few
/// are quoted, the newest first. They came while the person was away, or else late.
#[must_use]
pub fn of_digest(
    name: &str,
    (count, urgent, away): (u32, u32, bool),
    latest: &[Message],
    can: Capabilities,
    language: Language,
) -> Toast {
    let said = latest.iter().map(headline);
    counting(name, language.missed(count, urgent, away), said, Urgency::Normal, can, language)
}

/// What one line says of a message.
fn headline(message: &Message) -> String {
    let line = message.headline();
    let body = Body::of_message(line, message.extras.markdown, Language::English);
    body.first_line().unwrap_or_default()
}

/// What a notification counts for which there was no place.
#[derive(Clone, Copy, Debug)]
pub struct Counted<'a> {
    /// The names of the subscriptions.
    pub names: &'a [String],
    /// How many messages.
    pub count: u32,
    /// How many of them are of the highest priority.
    pub urgent: u32,
    /// Whether they came while the person was away.
    pub missed: bool,
    /// The latest few, the newest first, each with the name of its subscription.
    pub latest: &'a [(String, Message)],
}

/// The one notification that counts what found no place on the screen.
#[must_use]
pub fn of_folded(counted: Counted<'_>, can: Capabilities, language: Language) -> Toast {
    let Counted { names, count, urgent, missed, latest } = counted;
    let (title, of_one) = match names {
        [name] => (name.clone(), true),
        names => (language.subscriptions(names.len()), false),
    };
    let said = latest.iter().map(|(name, message)| match of_one {
        true => headline(message),
        false => language.all_of(&[name], &headline(message)),
    });
    let urgency = if urgent > 0 { Urgency::Critical } else { Urgency::Normal };
    let count = if missed {
        language.missed(count, urgent, true)
    } else {
        language.messages(count, urgent)
    };
    counting(&title, count, said, urgency, can, language)
}

/// A notification that counts messages and quotes a few, each in a line.
fn counting(
    title: &str,
    count: String,
    quoted: impl Iterator<Item = String>,
    urgency: Urgency,
    can: Capabilities,
    language: Language,
) -> Toast {
    let quoted = quoted.map(|said| format!("• {}", cut(&said, 80)));
    let lines: Vec<String> = [count].into_iter().chain(quoted).collect();
    let mut notification = basic(title, &Body::of_text(&lines.join("\n")), can);
    clicked(&mut notification, language.shown_in_hark(), can);
    Toast { notification, manner: Manner::of(urgency), url: None, sequence: None }
}

/// What a click does, where the server passes clicks on.
fn clicked(notification: &mut Notification, label: &str, can: Capabilities) {
    if can.actions {
        notification.action("default", label);
    }
}

fn basic(title: &str, body: &Body, can: Capabilities) -> Notification {
    let title = match body.first_line().filter(|_| !can.body) {
        Some(line) => format!("{title}: {line}"),
        None => title.to_owned(),
    };
    let body = if can.body { body.render(can.body_markup) } else { String::new() };
    let mut notification = Notification::new();
    notification
        .appname("Hark")
        .icon(DESKTOP_ENTRY)
        .summary(&cut(&title, TITLE_CHARS_MAX))
        .body(&body);
    notification
}

fn cut(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    text.chars().take(chars_max - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use hark_engine::{
        message::{Priority, Sequence},
        policy::Decision,
    };
    use hark_store::Shown;

    use super::*;

    /// A server that shows text and does nothing more.
    const PLAIN: Capabilities =
        Capabilities { body: true, body_markup: false, actions: false, buttons: 0, replies: false };
    const ALL: Capabilities =
        Capabilities { body: true, body_markup: true, actions: true, buttons: 0, replies: false };

    /// A message as the outbox holds it.
    pub(super) fn row(message: Message) -> MessageRow {
        MessageRow {
            id: 1,
            server_id: None,
            subscription: "builds".into(),
            message,
            received: Timestamp::UNIX_EPOCH,
            decision: Decision::Alert,
            rule: None,
            sound: None,
            shown: Shown::Pending,
            why: None,
            read: None,
            dismissed: None,
        }
    }

    /// As one of several, just after it was received.
    fn shown(name: &str, row: MessageRow, can: Capabilities) -> Toast {
        let source = Source { name, of_several: true, hides: false, replies: true };
        of_message(source, row, &now(0), can, Language::English)
    }

    /// So many seconds after the messages of these tests were received.
    fn now(seconds: i64) -> Zoned {
        Timestamp::from_second(seconds).unwrap().to_zoned(jiff::tz::TimeZone::UTC)
    }

    fn message() -> Message {
        Message {
            title: "Build <b>7</b>".into(),
            body: "a < b & c".into(),
            url: Some("https://ci.example/7".into()),
            ..Message::of_text("")
        }
    }

    #[test]
    fn a_title_is_plain_and_a_body_is_escaped_where_the_server_reads_markup() {
        let toast = shown("Builds", row(message()), ALL);
        assert_eq!(toast.notification.summary, "Builds · Build <b>7</b>");
        assert_eq!(toast.notification.body, "a &lt; b &amp; c");
        let plain = shown("Builds", row(message()), PLAIN);
        assert_eq!(plain.notification.body, "a < b & c");
    }

    #[test]
    fn a_click_opens_only_where_the_server_passes_it_on() {
        let toast = shown("Builds", row(message()), ALL);
        assert_eq!(toast.url.as_deref(), Some("https://ci.example/7"));
        assert_eq!(toast.notification.actions, ["default", "Open"]);
        let without = shown("Builds", row(message()), PLAIN);
        assert_eq!((without.url, without.notification.actions.len()), (None, 0));
    }

    #[test]
    fn a_message_without_a_title_bears_the_subscriptions_name() {
        let toast = shown("Builds", row(Message::of_text("red")), ALL);
        assert_eq!(toast.notification.summary, "Builds");
        assert_eq!(toast.notification.body, "red");
    }

    #[test]
    fn the_title_says_whose_message_it_is_where_there_are_several() {
        let title = |name: &str, of_several, title: &str| {
            let source = Source { name, of_several, hides: false, replies: true };
            let row = row(Message { title: title.into(), ..message() });
            of_message(source, row, &now(0), ALL, Language::English).notification.summary
        };
        assert_eq!(title("Builds", true, "red"), "Builds · red");
        assert_eq!(title("Builds", false, "red"), "red");
        assert_eq!(
            title("Builds", true, "Bank · pay"),
            "Builds · Bank · pay",
            "no other name is first"
        );
        assert!(title(&"x".repeat(99), true, "red").ends_with("… · red"));
        // What says nothing more is not said.
        assert_eq!(title("Builds", true, "builds"), "Builds");
        assert_eq!(title("Builds", false, "\u{200b}"), "Builds");
    }

    #[test]
    fn what_is_to_be_hidden_is_not_shown_and_no_link_either() {
        let source = Source { name: "Bank", of_several: true, hides: true, replies: true };
        let toast = of_message(source, row(message()), &now(0), ALL, Language::English);
        let Toast { notification, url, .. } = toast;
        assert_eq!((&*notification.summary, &*notification.body), ("A message from Bank", ""));
        assert_eq!((url, notification.actions[1].as_str()), (None, "Show in Hark"));
        let toast = of_message(source, row(message()), &now(0), ALL, Language::Chinese);
        assert_eq!(toast.notification.summary, "来自 Bank 的一条消息");
    }

    #[test]
    fn an_older_message_says_when_it_is_of() {
        let body = |seconds: i64, text: &str| {
            let source = Source { name: "B", of_several: true, hides: false, replies: true };
            let row = row(Message { title: "t".into(), ..Message::of_text(text) });
            of_message(source, row, &now(seconds), ALL, Language::English).notification.body
        };
        assert_eq!(body(120, "red"), "red");
        assert_eq!(body(7_200, "red"), "00:00 · red");
        assert_eq!(body(7_200, ""), "00:00");
        assert_eq!(body(100_000, "red"), "1970-01-01 00:00 · red");
    }

    #[test]
    fn what_is_of_low_priority_does_not_stay() {
        for (level, stays) in [(1, false), (2, false), (3, true), (5, true)] {
            let message = Message { priority: Priority::clamped(level), ..message() };
            assert_eq!(!shown("B", row(message), ALL).manner.passing, stays, "{level}");
        }
    }

    #[test]
    fn urgency_follows_priority() {
        for (level, urgency) in [(1, Urgency::Low), (3, Urgency::Normal), (5, Urgency::Critical)] {
            let message = Message { priority: Priority::clamped(level), ..message() };
            let toast = shown("Builds", row(message), ALL);
            assert_eq!(toast.manner.urgency, urgency, "{level}");
        }
    }

    #[test]
    fn a_rules_sound_is_played_or_kept_silent() {
        let heard = |sound: &str| {
            let row = MessageRow { sound: Some(sound.into()), ..row(message()) };
            shown("Builds", row, ALL).manner.sound
        };
        assert_eq!(heard("bell"), Sound::Named("bell".into()));
        assert_eq!(heard("none"), Sound::Silent);
    }

    #[test]
    fn a_message_of_a_sequence_is_known_by_it() {
        let sequence = Some(Sequence { id: "job".into(), replaces: false, begins: false });
        let toast = shown("B", row(Message { sequence, ..message() }), ALL);
        assert_eq!(toast.sequence.as_deref(), Some("job"));
    }

    #[test]
    fn a_digest_counts_and_quotes_the_latest() {
        let by_topic =
            Message { title: "t".into(), topic: Some("t".into()), ..Message::of_text("two") };
        let latest = [Message::of_text("one\nmore"), by_topic, message()];
        let toast = of_digest("Builds", (7, 0, true), &latest, PLAIN, Language::English);
        assert_eq!(toast.notification.summary, "Builds");
        let wanted = "7 messages while you were away\n• one\n• two\n• Build <b>7</b>";
        assert_eq!(toast.notification.body, wanted);
        let chinese = of_digest("构建", (7, 7, false), &[], PLAIN, Language::Chinese);
        assert_eq!(chinese.notification.body, "补收 7 条消息，7 条紧急");
    }

    #[test]
    fn what_found_no_place_is_counted_newest_first() {
        let latest = [
            ("Builds".to_owned(), Message::of_text("newest")),
            ("Backups".to_owned(), Message::of_text("before it")),
        ];
        let names = ["Builds".to_owned(), "Backups".to_owned()];
        let all = Counted { names: &names, count: 27, urgent: 2, missed: false, latest: &latest };
        let said = |counted, language| {
            let toast = of_folded(counted, PLAIN, language).notification;
            (toast.summary.clone(), toast.body.clone())
        };
        let (title, body) = said(all, Language::English);
        assert_eq!(title, "2 subscriptions");
        assert_eq!(body, "27 messages, 2 urgent\n• Builds: newest\n• Backups: before it");
        let one = Counted {
            names: &names[..1],
            count: 1,
            urgent: 0,
            missed: false,
            latest: &latest[..1],
        };
        let (title, body) = said(one, Language::English);
        assert_eq!((title.as_str(), body.as_str()), ("Builds", "1 message\n• newest"));
        let (title, body) = said(all, Language::Chinese);
        assert!(title == "2 个订阅" && body.starts_with("27 条消息，2 条紧急\n"), "{title} {body}");
        let urgency = |counted| of_folded(counted, ALL, Language::English).manner.urgency;
        assert_eq!(urgency(all), Urgency::Critical);
        assert_eq!(urgency(one), Urgency::Normal);
    }
}
