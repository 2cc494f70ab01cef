//! A toast of Windows as the XML that the system reads (schema of "Toast content": `toast`, `visual`, `binding`,
//! `audio`, `actions`). A pure function. All texts in it are a stranger's, and escaped; what is pressed is told
//! by keys of ours.

use std::fmt::Write as _;

use notify_rust::{Notification, Urgency};

use super::{Manner, Sound};

/// How many actions a toast may have, the one of its field among them.
const ACTIONS_MAX: usize = 5;
/// The field for an answer; its button's arguments are [`REPLY`].
pub(super) const FIELD: &str = "answer";
/// The key of the action that is a field for an answer, as KDE's servers name it.
pub(super) const REPLY: &str = "inline-reply";
/// What a click on the toast itself is told as.
const CLICK: &str = "default";
/// The key of the button that does what a click does where the click opens an address.
const SHOW: &str = "show";
/// Where Windows has its sounds for notifications, and which there are.
const SOUNDS: (&str, [&str; 5]) =
    ("ms-winsoundevent:Notification.", ["Default", "IM", "Mail", "Reminder", "SMS"]);

/// The XML of a notification that comes in this manner, with a picture at this address of a file.
#[must_use]
pub(super) fn of(notification: &Notification, manner: &Manner, picture: Option<&str>) -> String {
    let mut out = String::from("<toast");
    match &manner.address {
        // Windows opens it, whether an agent runs or not.
        Some(address) => {
            attribute(&mut out, "launch", address);
            attribute(&mut out, "activationType", "protocol");
        }
        None => attribute(&mut out, "launch", CLICK),
    }
    if manner.urgency == Urgency::Critical {
        // The person is asked by Windows once whether Hark's may come through Do not disturb.
        attribute(&mut out, "scenario", "urgent");
    }
    out.push_str("><visual><binding template=\"ToastGeneric\">");
    element(&mut out, "text", &notification.summary);
    if !notification.body.is_empty() {
        element(&mut out, "text", &notification.body);
    }
    if let Some(picture) = picture {
        out.push_str("<image placement=\"appLogoOverride\"");
        attribute(&mut out, "src", picture);
        out.push_str("/>");
    }
    out.push_str("</binding></visual>");
    audio(&mut out, &manner.sound);
    actions(&mut out, notification, manner);
    out.push_str("</toast>");
    out
}

/// The address of the file at this path of Windows.
#[must_use]
pub(super) fn file_address(path: &str) -> String {
    let path = path.strip_prefix(r"\\?\").unwrap_or(path);
    let mut out = String::from("file:///");
    for byte in path.trim_start_matches('/').bytes() {
        match byte {
            b'\\' => out.push('/'),
            b'/' | b':' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            byte => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

fn audio(out: &mut String, sound: &Sound) {
    match sound {
        Sound::Usual => {}
        Sound::Silent => out.push_str("<audio silent=\"true\"/>"),
        Sound::Named(name) => {
            let (place, names) = SOUNDS;
            // Of another name it is what the system plays.
            if let Some(name) = names.iter().find(|known| known.eq_ignore_ascii_case(name)) {
                out.push_str("<audio");
                attribute(out, "src", &format!("{place}{name}"));
                out.push_str("/>");
            }
        }
    }
}

fn actions(out: &mut String, notification: &Notification, manner: &Manner) {
    let all = notification.actions.chunks_exact(2);
    let all: Vec<(&str, &str)> = all.map(|it| (it[0].as_str(), it[1].as_str())).collect();
    let reply = all.iter().find(|(key, _)| *key == REPLY).map(|(_, label)| *label);
    let is_button = |key: &str| match key {
        REPLY => false,
        // A click that opens an address follows no link: a button does.
        CLICK => manner.address.is_some() && manner.follows_link,
        SHOW => manner.address.is_none(),
        _ => true,
    };
    let room = ACTIONS_MAX - usize::from(reply.is_some());
    let buttons: Vec<_> = all.iter().filter(|(key, _)| is_button(key)).take(room).collect();
    if buttons.is_empty() && reply.is_none() {
        return;
    }
    out.push_str("<actions>");
    if let Some(label) = reply {
        out.push_str("<input type=\"text\"");
        attribute(out, "id", FIELD);
        attribute(out, "placeHolderContent", label);
        out.push_str("/>");
    }
    for (key, label) in buttons {
        action(out, key, label, false);
    }
    if let Some(label) = reply {
        action(out, REPLY, label, true);
    }
    out.push_str("</actions>");
}

fn action(out: &mut String, key: &str, label: &str, is_of_field: bool) {
    out.push_str("<action");
    attribute(out, "content", label);
    attribute(out, "arguments", key);
    attribute(out, "activationType", "foreground");
    if is_of_field {
        attribute(out, "hint-inputId", FIELD);
    }
    out.push_str("/>");
}

fn element(out: &mut String, name: &str, text: &str) {
    let _ = write!(out, "<{name}>");
    escape(out, text);
    let _ = write!(out, "</{name}>");
}

fn attribute(out: &mut String, name: &str, value: &str) {
    let _ = write!(out, " {name}=\"");
    escape(out, value);
    out.push('"');
}

/// A text as it may stand between tags and in an attribute. What XML 1.0 has no way to say (2.2, `Char`) is left
/// out: one such character would make Windows refuse the whole.
fn escape(out: &mut String, text: &str) {
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // As references, or an attribute would have spaces for them, and a text no `\r`.
            '\n' | '\t' | '\r' => {
                let _ = write!(out, "&#{};", u32::from(char));
            }
            '\0'..'\u{20}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => {}
            char => out.push(char),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notification(title: &str, body: &str, actions: &[(&str, &str)]) -> Notification {
        let mut notification = Notification::new();
        notification.summary(title).body(body);
        for (key, label) in actions {
            notification.action(key, label);
        }
        notification
    }

    fn plain() -> Manner {
        Manner::of(Urgency::Normal)
    }

    fn addressed() -> Manner {
        Manner { address: Some("hark:message/12".into()), ..plain() }
    }

    #[test]
    fn a_plain_one_is_a_title_a_text_and_what_a_click_opens() {
        assert_eq!(
            of(&notification("Disk", "97 %\nsda1", &[("default", "Show")]), &addressed(), None),
            "<toast launch=\"hark:message/12\" activationType=\"protocol\"><visual>\
             <binding template=\"ToastGeneric\"><text>Disk</text><text>97 %&#10;sda1</text>\
             </binding></visual></toast>"
        );
        assert_eq!(
            of(&notification("Disk", "", &[("default", "Show")]), &plain(), None),
            "<toast launch=\"default\"><visual><binding template=\"ToastGeneric\">\
             <text>Disk</text></binding></visual></toast>",
            "where nothing opens addresses, the click is heard"
        );
    }

    #[test]
    fn one_with_everything() {
        let all = [
            ("default", "Open"),
            ("open:0", "Door"),
            ("show", "Show in Hark"),
            ("read", "Mark read"),
            ("snooze", "Snooze"),
            ("send:1", "One more"),
            ("inline-reply", "Reply"),
        ];
        let manner = Manner {
            urgency: Urgency::Critical,
            sound: Sound::Silent,
            follows_link: true,
            ..addressed()
        };
        let action = |label: &str, key: &str| {
            format!("<action content=\"{label}\" arguments=\"{key}\" activationType=\"foreground\"")
        };
        assert_eq!(
            of(&notification("A", "b", &all), &manner, Some("file:///C:/x/1.png")),
            format!(
                "<toast launch=\"hark:message/12\" activationType=\"protocol\" scenario=\"urgent\">\
                 <visual><binding template=\"ToastGeneric\"><text>A</text><text>b</text>\
                 <image placement=\"appLogoOverride\" src=\"file:///C:/x/1.png\"/></binding></visual>\
                 <audio silent=\"true\"/><actions>\
                 <input type=\"text\" id=\"answer\" placeHolderContent=\"Reply\"/>\
                 {}/>{}/>{}/>{}/>{} hint-inputId=\"answer\"/></actions></toast>",
                action("Open", "default"),
                action("Door", "open:0"),
                action("Mark read", "read"),
                action("Snooze", "snooze"),
                action("Reply", "inline-reply"),
            ),
            "five actions; what shows it in Hark is the click"
        );
    }

    #[test]
    fn without_an_address_a_click_follows_the_link_and_a_button_shows() {
        let all = [("default", "Open"), ("show", "Show in Hark"), ("read", "Mark read")];
        let manner = Manner { follows_link: true, ..plain() };
        let xml = of(&notification("A", "", &all), &manner, None);
        assert!(xml.contains("launch=\"default\"") && xml.contains("arguments=\"show\""), "{xml}");
        assert!(!xml.contains("arguments=\"default\""), "{xml}");
    }

    #[test]
    fn no_text_of_a_stranger_is_ever_markup() {
        let hostile = "\"/><action x='1'&\u{0}\u{8}\u{1b}\u{ffff}]]>\r\n\t<!--&#10;好\u{1f600}";
        let escaped = "&quot;/&gt;&lt;action x=&apos;1&apos;&amp;]]&gt;&#13;&#10;&#9;&lt;!--&amp;#10;好\u{1f600}";
        let actions = [("open:0", hostile), ("inline-reply", hostile)];
        let manner = Manner { address: Some(hostile.into()), ..plain() };
        assert_eq!(
            of(&notification(hostile, hostile, &actions), &manner, Some(hostile)),
            format!(
                "<toast launch=\"{escaped}\" activationType=\"protocol\"><visual>\
                 <binding template=\"ToastGeneric\"><text>{escaped}</text><text>{escaped}</text>\
                 <image placement=\"appLogoOverride\" src=\"{escaped}\"/></binding></visual><actions>\
                 <input type=\"text\" id=\"answer\" placeHolderContent=\"{escaped}\"/>\
                 <action content=\"{escaped}\" arguments=\"open:0\" activationType=\"foreground\"/>\
                 <action content=\"{escaped}\" arguments=\"inline-reply\" activationType=\"foreground\" \
                 hint-inputId=\"answer\"/></actions></toast>"
            )
        );
    }

    #[test]
    fn a_file_has_an_address() {
        assert_eq!(
            file_address(r"C:\Users\Jürgen #1\Hark\7.png"),
            "file:///C:/Users/J%C3%BCrgen%20%231/Hark/7.png"
        );
        assert_eq!(file_address(r"\\?\C:\a\7.png"), "file:///C:/a/7.png");
    }

    #[test]
    fn a_sound_is_one_of_windows_or_the_usual_one() {
        let heard = |name: &str| {
            let manner = Manner { sound: Sound::Named(name.into()), ..plain() };
            of(&notification("A", "", &[]), &manner, None)
        };
        let wanted = "<audio src=\"ms-winsoundevent:Notification.Mail\"/>";
        assert!(heard("mail").contains(wanted));
        assert!(!heard("bell").contains("<audio"));
        assert!(!heard("x\"/><a").contains("<a"));
    }
}
