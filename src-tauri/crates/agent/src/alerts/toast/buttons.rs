//! The buttons of a notification of one message: a pure function of the message and of how many the server
//! has room for.

use hark_engine::{
    alerts::Button,
    message::{Action, Does},
};

use super::cut;
use crate::words::Language;

/// Buttons where it is not known how many a server has room for.
const USUAL_MAX: usize = 3;
/// Buttons of a toast of Windows, which takes five actions.
const WINDOWS_MAX: usize = 5;
/// Buttons of a server that has room for any number: as many as a message may have, and Hark's own.
const ALL_MAX: usize = 8;
/// A longer label is cut.
const LABEL_CHARS_MAX: usize = 40;

/// How many buttons a server has room for beside the click, by the name that it gives itself.
#[must_use]
pub fn room(server: &str) -> usize {
    let server = server.to_lowercase();
    // KDE wraps them; dunst, mako, fnott and swaync list them in a menu. Xfce has them in one row, the click
    // among them, and would grow across the screen.
    let many = ["plasma", "kde", "dunst", "mako", "fnott", "swaync", "sway notification"];
    match &*server {
        // What finds no room there, as where one is a field, is left out from the end.
        "windows" => WINDOWS_MAX,
        server if many.iter().any(|name| server.starts_with(name)) => ALL_MAX,
        // macOS has them in a menu, which is as long as one cares to read.
        _ => USUAL_MAX,
    }
}

/// The buttons of a message with these actions: what each does, with its label. `has_link` says whether a
/// click opens its link, so that to show it in Hark is a button.
#[must_use]
pub fn of_message(
    actions: &[Action],
    has_link: bool,
    room: usize,
    language: Language,
) -> Vec<(Button, String)> {
    let own = actions.iter().enumerate().filter_map(|(number, action)| {
        let button = match action.does {
            Does::Open { .. } => Button::Open(number),
            Does::Copy { .. } => Button::Copy(number),
            Does::Send { .. } => Button::Send(number),
            Does::Tell { .. } => return None,
        };
        Some((button, strangers(&action.label)))
    });
    let [show, read, snooze] = harks(language).map(str::to_owned);
    let show = has_link.then_some((Button::Show, show));
    own.chain(show).chain([(Button::Read, read), (Button::Snooze, snooze)]).take(room).collect()
}

/// The labels of Hark's own buttons: to show the message, to mark it read, to snooze.
fn harks(language: Language) -> [&'static str; 3] {
    [
        language.shown_in_hark(),
        language.pick("Mark read", "标为已读"),
        language.pick("Snooze for an hour", "静默一小时"),
    ]
}

/// A stranger's label, which cannot pass for one of Hark's own.
fn strangers(label: &str) -> String {
    let plain = label.trim().to_lowercase();
    let own = [Language::English, Language::Chinese].map(harks);
    match own.as_flattened().iter().any(|own| own.to_lowercase() == plain) {
        true => format!("“{}”", label.trim()),
        false => cut(label, LABEL_CHARS_MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(label: &str, does: Does) -> Action {
        Action { label: label.into(), clear: false, does }
    }

    fn all() -> Vec<Action> {
        let url = "https://a.example/".to_owned();
        vec![
            action("For a phone", Does::Tell { text: "x".into() }),
            action("Page", Does::Open { url: url.clone() }),
            action("Code", Does::Copy { text: "123".into() }),
            action(
                &"<b>Restart</b>".repeat(9),
                Does::Send { url, method: "POST".into(), headers: Vec::new(), body: "".into() },
            ),
        ]
    }

    fn keys(server: &str, actions: &[Action], has_link: bool) -> Vec<String> {
        let buttons = of_message(actions, has_link, room(server), Language::English);
        buttons.into_iter().map(|(button, _)| button.key()).collect()
    }

    #[test]
    fn each_server_has_as_many_as_it_has_room_for_the_messages_own_first() {
        for server in ["gnome-shell 43.9", "Xfce Notify Daemon 0.7.3", "a server without a name"] {
            assert_eq!(keys(server, &all(), true), ["open:1", "copy:2", "send:3"], "{server}");
            assert_eq!(keys(server, &[], true), ["show", "read", "snooze"], "{server}");
        }
        for server in ["Plasma 5.27", "dunst 1.9.0", "mako 0.7"] {
            let wanted = ["open:1", "copy:2", "send:3", "show", "read", "snooze"];
            assert_eq!(keys(server, &all(), true), wanted, "{server}");
            assert_eq!(keys(server, &[], false), ["read", "snooze"], "{server}");
        }
        let wanted = ["open:1", "copy:2", "send:3", "show", "read"];
        assert_eq!(keys("Windows", &all(), true), wanted);
        assert_eq!(keys("Plasma 6", &vec![all().remove(1); 20], true).len(), ALL_MAX);
    }

    #[test]
    fn a_label_is_a_short_line_and_a_key_never_a_strangers_text() {
        let odd = [action("a\u{202e}\nb\tsnooze", all()[1].does.clone())];
        let buttons = of_message(&odd, false, 9, Language::English);
        assert_eq!(buttons[0], (Button::Open(0), "a b snooze".to_owned()));
        for (label, wanted) in [
            ("Mark read", "“Mark read”"),
            (" show in\u{200b} HARK", "“show in HARK”"),
            ("标为已读", "“标为已读”"),
            ("Mark reading", "Mark reading"),
        ] {
            let buttons =
                of_message(&[action(label, all()[1].does.clone())], true, 9, Language::English);
            assert_eq!(buttons[0].1, wanted);
        }
        let buttons = of_message(&all(), false, 9, Language::Chinese);
        assert!(buttons.iter().all(|(_, label)| label.chars().count() <= LABEL_CHARS_MAX));
        assert_eq!(buttons.last().unwrap().1, "静默一小时");
    }
}
