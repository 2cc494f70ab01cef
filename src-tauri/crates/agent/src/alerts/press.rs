//! What becomes of a button that was pressed on a notification. The message is read again: it may be gone,
//! or be another than it was. What has to be asked first is asked in the window, at the message.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use hark_api::{Act, ActOn, Acted, ApiError, SendMessage};
use hark_engine::{
    alerts::{Button, Due, Target},
    message::{Does, Message},
};
use hark_local::{
    clipboard,
    profile::Profile,
    program::{self, OpenError, Place},
};
use hark_platform::clock;

use super::Outbox;
use crate::{
    actions::{self, Actions},
    ledger::Ledger,
    own,
    words::Language,
};

/// For how long a button snoozes.
const SNOOZE: Duration = Duration::from_secs(3600);

/// Silences a subscription for so long; or one sentence says why not.
pub type Snooze = Arc<dyn Fn(&str, Duration) -> Result<(), String> + Send + Sync>;

/// Sends a message of the person's own to a subscription's server; or one sentence says why not.
pub type Reply = Arc<dyn Fn(SendMessage) -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// What buttons are for that is not the alerts' own.
#[derive(Clone)]
pub struct Buttons {
    /// Whose window is opened.
    pub profile: Profile,
    /// What messages let the person do.
    pub actions: Actions,
    /// Silences the subscription of a message.
    pub snooze: Snooze,
    /// Sends an answer to a message.
    pub reply: Reply,
}

/// See the module. Clones share everything.
#[derive(Clone)]
pub(super) struct Presser {
    pub(super) buttons: Buttons,
    pub(super) alerts: Outbox,
    pub(super) ledger: Ledger,
    pub(super) language: Language,
}

impl Presser {
    /// Does what this button of the message's notification, which has this number, is for. Waits for nothing.
    pub(super) fn press(&self, message: i64, number: u32, button: Button) {
        let presser = self.clone();
        tokio::spawn(async move {
            if let Err(error) = presser.done(message, number, button).await {
                // It is said where the person looks.
                presser.say(false, &error.sentence);
            }
        });
    }

    /// Opens the link of a message whose notification was clicked, or shows one without a link. Waits for
    /// nothing.
    pub(super) fn click(&self, target: Target) {
        let presser = self.clone();
        tokio::spawn(async move {
            let opened = match target {
                Target::Url(_, message) => presser.opened(message).await,
                Target::Message(message) => {
                    let place = Place::Message { message, action: None };
                    presser.open(place).map_err(|error| error.to_string())
                }
            };
            if let Err(sentence) = opened {
                presser.say(false, &sentence);
            }
        });
    }

    /// Sends the person's answer to where the message came from. Waits for nothing.
    pub(super) fn reply(&self, message: i64, number: u32, text: String) {
        let presser = self.clone();
        tokio::spawn(async move {
            match presser.replied(message, text).await {
                // What it says comes back as any other message.
                Ok(()) => presser.alerts.clear(number),
                Err(sentence) => presser.say(false, &sentence),
            }
        });
    }

    async fn opened(&self, message: i64) -> Result<(), String> {
        let Buttons { actions, .. } = &self.buttons;
        actions.message(message).map_err(|error| error.sentence)?;
        let act = Act { message, what: ActOn::Link, answer: None, language: None };
        let opened = match actions.act(act, self.language).await {
            Ok(Acted::Open { url }) => program::open_link(&url),
            // What is doubtful about it, and why it is not opened, is said there.
            Ok(_) | Err(_) => self.open(Place::Message { message, action: Some(0) }),
        };
        opened.map_err(|error| error.to_string())
    }

    async fn replied(&self, message: i64, text: String) -> Result<(), String> {
        let row = self.buttons.actions.message(message).map_err(|error| error.sentence)?;
        let topic = row.message.topic.map(String::from);
        let subscription = row.subscription;
        let answer = SendMessage { subscription, text, topic, ..SendMessage::default() };
        (self.buttons.reply)(answer).await
    }

    async fn done(&self, message: i64, number: u32, button: Button) -> Result<(), ApiError> {
        let row = self.buttons.actions.message(message)?;
        let action = match button {
            Button::Open(action) | Button::Copy(action) | Button::Send(action) => action,
            Button::Show => {
                self.show(message, None);
                return Ok(());
            }
            Button::Read => return self.read(message),
            Button::Snooze => {
                let snoozed = (self.buttons.snooze)(&row.subscription, SNOOZE);
                return snoozed.map_err(ApiError::plain);
            }
        };
        let action = u32::try_from(action).unwrap_or(u32::MAX);
        let clear = match actions::action(&row, action) {
            Some(found) if is_for(button, &found.does) => found.clear,
            // It is not what its label said any more.
            _ => {
                self.show(message, None);
                return Ok(());
            }
        };
        let act = Act { message, what: ActOn::Action(action), answer: None, language: None };
        let is_done = match self.buttons.actions.act(act, self.language).await? {
            Acted::Done { ok, sentence } => {
                self.say(ok, &sentence);
                ok
            }
            Acted::Open { url } => {
                program::open_link(&url).map_err(|error| ApiError::plain(error.to_string()))?;
                true
            }
            Acted::Copy { text } => {
                let is_copied = clipboard::copy(&text);
                if !is_copied {
                    self.show(message, Some(action));
                }
                is_copied
            }
            Acted::Ask { .. } => {
                self.show(message, Some(action));
                false
            }
        };
        if is_done && clear {
            self.alerts.clear(number);
        }
        Ok(())
    }

    /// Shows the message in the window, as if the button of this action were pressed there.
    fn show(&self, message: i64, action: Option<u32>) {
        let place =
            Place::Message { message, action: action.map(|number| number.saturating_add(1)) };
        if !program::has_display() || self.open(place).is_err() {
            let number = action.map(|number| format!(" {}", u64::from(number) + 1));
            let command = format!("hark act {message}{}", number.unwrap_or_default());
            self.say(false, &self.language.without_window(&command));
        }
    }

    fn open(&self, place: Place) -> Result<(), OpenError> {
        program::open_window(&self.buttons.profile, Some(place))
    }

    fn read(&self, message: i64) -> Result<(), ApiError> {
        let read = self.ledger.mark_read(&[message], clock::now().wall);
        read.map_err(|error| ApiError::plain(error.to_string()))?;
        self.alerts.read(vec![message]);
        Ok(())
    }

    /// Tells the person what came of it, as a message of Hark's own.
    fn say(&self, ok: bool, sentence: &str) {
        let title = match ok {
            true => self.language.pick("Sent", "已发送"),
            false => self.language.pick("Not done", "未完成"),
        };
        let message = Message { title: title.into(), ..Message::of_text(sentence) };
        match own::say(&self.ledger, message, clock::now().wall) {
            Ok(_) => self.alerts.put(own::KEY, Due::Asked),
            Err(error) => tracing::warn!("{sentence} That could not be told: {error}"),
        }
    }
}

/// Whether a button is for what this does.
fn is_for(button: Button, does: &Does) -> bool {
    matches!(
        (button, does),
        (Button::Open(_), Does::Open { .. })
            | (Button::Copy(_), Does::Copy { .. })
            | (Button::Send(_), Does::Send { .. })
    )
}
