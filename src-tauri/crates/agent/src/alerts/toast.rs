//! What a notification says: a pure function of message and server.

use hark_engine::message::Message;
use hark_store::MessageRow;
use notify_rust::{Hint, Notification, Urgency};

use crate::words::Language;

/// The name of the desktop entry; servers take Hark's name and icon from it.
pub const DESKTOP_ENTRY: &str = "hark";
/// Longer titles and bodies are cut to so many characters.
const TITLE_CHARS_MAX: usize = 200;
const BODY_CHARS_MAX: usize = 1_000;
/// How many of the counted messages a digest quotes.
pub const QUOTED_MAX: u32 = 3;

/// A notification and what a click on it opens.
#[derive(Clone, Debug)]
pub struct Toast {
    /// The notification to send.
    pub notification: Notification,
    /// What a click opens, http or https.
    pub url: Option<String>,
    /// The message's sequence; this notification shows its latest message.
    pub sequence: Option<String>,
}

/// The sound of a rule that wants silence.
const NO_SOUND: &str = "none";

/// What a notification server can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// It reads markup in the body, so that text must be escaped.
    pub body_markup: bool,
    /// It passes clicks on.
    pub actions: bool,
}

impl Capabilities {
    /// Reads the capability names that the server returned.
    pub fn of_names(names: &[String]) -> Self {
        let has = |name: &str| names.iter().any(|known| known == name);
        Self { body_markup: has("body-markup"), actions: has("actions") }
    }
}

/// The notification of one message of the subscription called `name`.
#[must_use]
pub fn of_message(name: &str, row: MessageRow, can: Capabilities, language: Language) -> Toast {
    let MessageRow { message, sound, .. } = row;
    let title = if message.title.is_empty() { name } else { &message.title };
    let urgency = match message.priority.level() {
        1 | 2 => Urgency::Low,
        5 => Urgency::Critical,
        _ => Urgency::Normal,
    };
    let mut notification = basic(title, &message.body, urgency, can);
    match sound.as_deref() {
        Some(NO_SOUND) => drop(notification.hint(Hint::SuppressSound(true))),
        Some(sound) => drop(notification.hint(Hint::SoundName(sound.to_owned()))),
        None => {}
    }
    let url = message.url.filter(|_| can.actions);
    if url.is_some() {
        notification.action("default", language.pick("Open", "打开"));
    }
    let sequence = message.sequence.map(|sequence| sequence.id.into());
    Toast { notification, url, sequence }
}

/// The one notification for `count` messages, of which the latest few are quoted.
#[must_use]
pub fn of_digest(
    name: &str,
    count: u32,
    latest: &[Message],
    can: Capabilities,
    language: Language,
) -> Toast {
    let mut lines = vec![language.messages_came(count)];
    for message in latest {
        lines.push(format!("• {}", cut(message.headline(), 80)));
    }
    let notification = basic(name, &lines.join("\n"), Urgency::Normal, can);
    Toast { notification, url: None, sequence: None }
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
    /// The latest few, the newest first, each with the name of its subscription.
    pub latest: &'a [(String, Message)],
}

/// The one notification that counts what found no place on the screen.
#[must_use]
pub fn of_folded(counted: Counted<'_>, can: Capabilities, language: Language) -> Toast {
    let Counted { names, count, urgent, latest } = counted;
    let (title, of_one) = match names {
        [name] => (name.clone(), true),
        names => (language.subscriptions(names.len()), false),
    };
    let mut lines = vec![language.messages(count, urgent)];
    for (name, message) in latest {
        let headline = message.headline();
        let said = if of_one { headline.to_owned() } else { format!("{name}: {headline}") };
        lines.push(format!("• {}", cut(&said, 80)));
    }
    let urgency = if urgent > 0 { Urgency::Critical } else { Urgency::Normal };
    let notification = basic(&title, &lines.join("\n"), urgency, can);
    Toast { notification, url: None, sequence: None }
}

fn basic(title: &str, body: &str, urgency: Urgency, can: Capabilities) -> Notification {
    let body = cut(body, BODY_CHARS_MAX);
    let body = if can.body_markup { escaped(&body) } else { body };
    let mut notification = Notification::new();
    notification
        .appname("Hark")
        .icon(DESKTOP_ENTRY)
        .summary(&cut(title, TITLE_CHARS_MAX))
        .body(&body)
        .hint(Hint::DesktopEntry(DESKTOP_ENTRY.to_owned()))
        .hint(Hint::Urgency(urgency));
    notification
}

fn cut(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    text.chars().take(chars_max - 1).chain(['…']).collect()
}

/// Escapes text for the markup of the Desktop Notifications Specification.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use hark_engine::{
        message::{Priority, Sequence},
        policy::Decision,
    };
    use hark_store::Shown;
    use jiff::Timestamp;

    use super::*;

    const ALL: Capabilities = Capabilities { body_markup: true, actions: true };

    /// A message as the outbox holds it.
    fn row(message: Message) -> MessageRow {
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
        }
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
        let toast = of_message("Builds", row(message()), ALL, Language::English);
        assert_eq!(toast.notification.summary, "Build <b>7</b>");
        assert_eq!(toast.notification.body, "a &lt; b &amp; c");
        let plain =
            of_message("Builds", row(message()), Capabilities::default(), Language::English);
        assert_eq!(plain.notification.body, "a < b & c");
    }

    #[test]
    fn a_click_opens_only_where_the_server_passes_it_on() {
        let toast = of_message("Builds", row(message()), ALL, Language::English);
        assert_eq!(toast.url.as_deref(), Some("https://ci.example/7"));
        assert_eq!(toast.notification.actions, ["default", "Open"]);
        let without =
            of_message("Builds", row(message()), Capabilities::default(), Language::English);
        assert_eq!((without.url, without.notification.actions.len()), (None, 0));
    }

    #[test]
    fn a_message_without_a_title_bears_the_subscriptions_name() {
        let toast = of_message("Builds", row(Message::of_text("red")), ALL, Language::English);
        assert_eq!(toast.notification.summary, "Builds");
        assert_eq!(toast.notification.body, "red");
    }

    #[test]
    fn urgency_follows_priority() {
        for (level, urgency) in [(1, Urgency::Low), (3, Urgency::Normal), (5, Urgency::Critical)] {
            let message = Message { priority: Priority::clamped(level), ..message() };
            let toast = of_message("Builds", row(message), ALL, Language::English);
            assert!(toast.notification.hints.contains(&Hint::Urgency(urgency)), "{level}");
        }
    }

    #[test]
    fn a_rules_sound_is_played_or_kept_silent() {
        let hints = |sound: &str| {
            let row = MessageRow { sound: Some(sound.into()), ..row(message()) };
            of_message("Builds", row, ALL, Language::English).notification.hints
        };
        assert!(hints("bell").contains(&Hint::SoundName("bell".into())));
        assert!(hints("none").contains(&Hint::SuppressSound(true)));
    }

    #[test]
    fn a_message_of_a_sequence_is_known_by_it() {
        let sequence = Some(Sequence { id: "job".into(), replaces: false, begins: false });
        let toast = of_message("B", row(Message { sequence, ..message() }), ALL, Language::English);
        assert_eq!(toast.sequence.as_deref(), Some("job"));
    }

    #[test]
    fn a_digest_counts_and_quotes_the_latest() {
        let by_topic =
            Message { title: "t".into(), topic: Some("t".into()), ..Message::of_text("two") };
        let latest = [Message::of_text("one\nmore"), by_topic, message()];
        let toast = of_digest("Builds", 7, &latest, Capabilities::default(), Language::English);
        assert_eq!(toast.notification.summary, "Builds");
        let wanted = "7 messages came while Hark was away\n• one\n• two\n• Build <b>7</b>";
        assert_eq!(toast.notification.body, wanted);
        let chinese = of_digest("构建", 7, &[], Capabilities::default(), Language::Chinese);
        assert_eq!(chinese.notification.body, "Hark 离线期间收到 7 条消息");
    }

    #[test]
    fn what_found_no_place_is_counted_newest_first() {
        let latest = [
            ("Builds".to_owned(), Message::of_text("newest")),
            ("Backups".to_owned(), Message::of_text("before it")),
        ];
        let names = ["Builds".to_owned(), "Backups".to_owned()];
        let all = Counted { names: &names, count: 27, urgent: 2, latest: &latest };
        let said = |counted, language| {
            let toast = of_folded(counted, Capabilities::default(), language).notification;
            (toast.summary.clone(), toast.body.clone())
        };
        let (title, body) = said(all, Language::English);
        assert_eq!(title, "2 subscriptions");
        assert_eq!(body, "27 messages, 2 urgent\n• Builds: newest\n• Backups: before it");
        let one = Counted { names: &names[..1], count: 1, urgent: 0, latest: &latest[..1] };
        let (title, body) = said(one, Language::English);
        assert_eq!((title.as_str(), body.as_str()), ("Builds", "1 message\n• newest"));
        let (title, body) = said(all, Language::Chinese);
        assert!(title == "2 个订阅" && body.starts_with("27 条消息，2 条紧急\n"), "{title} {body}");
        let urgency = |counted| {
            of_folded(counted, ALL, Language::English)
                .notification
                .hints
                .iter()
                .cloned()
                .collect::<Vec<_>>()
        };
        assert!(urgency(all).contains(&Hint::Urgency(Urgency::Critical)));
        assert!(urgency(one).contains(&Hint::Urgency(Urgency::Normal)));
    }

    #[test]
    fn a_flood_of_text_is_cut() {
        let toast =
            of_message("B", row(Message::of_text(&"ä".repeat(9_000))), ALL, Language::English);
        assert_eq!(toast.notification.body.chars().count(), 1_000);
    }
}
