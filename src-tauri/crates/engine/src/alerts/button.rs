//! The buttons of a notification of one message. Their keys, by which a server says which one was pressed,
//! are ours: no text of a stranger's is ever taken for one.

/// What a button does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Button {
    /// Opens what this action of the message names. Actions are counted from 0.
    Open(usize),
    /// Copies what this one holds.
    Copy(usize),
    /// Sends the request that this one asks for.
    Send(usize),
    /// Shows the message in Hark.
    Show,
    /// Marks it read.
    Read,
    /// Silences its subscription for a while.
    Snooze,
}

impl Button {
    /// Its key.
    #[must_use]
    pub fn key(self) -> String {
        match self {
            Self::Open(action) => format!("open:{action}"),
            Self::Copy(action) => format!("copy:{action}"),
            Self::Send(action) => format!("send:{action}"),
            Self::Show => "show".to_owned(),
            Self::Read => "read".to_owned(),
            Self::Snooze => "snooze".to_owned(),
        }
    }

    /// The button of this key.
    #[must_use]
    pub fn of_key(key: &str) -> Option<Self> {
        let action = |text: &str| text.parse().ok();
        Some(match key.split_once(':') {
            Some(("open", text)) => Self::Open(action(text)?),
            Some(("copy", text)) => Self::Copy(action(text)?),
            Some(("send", text)) => Self::Send(action(text)?),
            None if key == "show" => Self::Show,
            None if key == "read" => Self::Read,
            None if key == "snooze" => Self::Snooze,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_what_it_was_written_for_and_no_other_is_one() {
        for button in [
            Button::Open(0),
            Button::Copy(1),
            Button::Send(2),
            Button::Show,
            Button::Read,
            Button::Snooze,
        ] {
            assert_eq!(Button::of_key(&button.key()), Some(button));
        }
        for key in
            ["", "default", "open", "open:", "open:-1", "open:x", "read:0", "send:0:1", "Show"]
        {
            assert_eq!(Button::of_key(key), None, "{key}");
        }
    }
}
