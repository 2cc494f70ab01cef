//! A sample: a message of Hark's own that goes the whole way of any other, so that the person sees it work.

use std::time::Duration;

use hark_api::{ApiError, Event, Sample, Shown, Why as Because};
use hark_engine::{
    alerts::{Part, Why},
    health::Code,
    message::Message,
};
use jiff::{Timestamp, Zoned};
use tokio::time::timeout;

use crate::{
    alerts::{self, Due, Outbox},
    ledger::Ledger,
    own,
    status::Status,
    words::Language,
};

/// How long to wait for a sample to be acknowledged.
const SAMPLE_TIMEOUT: Duration = Duration::from_secs(6);

/// See the module. Clones share everything.
#[derive(Clone, Debug)]
pub struct Sampler {
    ledger: Ledger,
    alerts: Outbox,
    status: Status,
}

impl Sampler {
    /// Samples go through these.
    #[must_use]
    pub fn new(ledger: Ledger, alerts: Outbox, status: Status) -> Self {
        Self { ledger, alerts, status }
    }

    /// Sends a sample message the whole way, and waits for what becomes of it.
    ///
    /// # Errors
    /// Where it cannot be stored.
    pub async fn send(&self) -> Result<Sample, ApiError> {
        // A silence of the person's own holds back nothing that the person asks for. A desktop that is not
        // to be disturbed might show it when nobody thinks of it any more.
        let silence = self.status.now().silence;
        if let Some(silence) = silence.filter(|silence| silence.why == Because::DoNotDisturb) {
            let silent = Language::English.silent(&silence, &Zoned::now());
            let sentence = format!("Not sent, as nothing is shown now. {silent}.");
            return Ok(Sample { shown: false, sentence });
        }
        let language = Language::of_system();
        let text = language
            .pick("If you can read this, notifications work.", "看到这条通知，说明一切正常。");
        let title = language.pick("A test from Hark", "Hark 测试").to_owned();
        let message = Message { title: title.into(), ..Message::of_text(text) };
        let mut events = self.status.events().subscribe(None).live;
        let said = own::say(&self.ledger, message, Timestamp::now())
            .map_err(|error| ApiError::plain(error.to_string()))?;
        let Some(id) = said else {
            return Err(ApiError::plain("The sample could not be stored.".into()));
        };
        self.alerts.put(own::KEY, Due::Asked);
        let shown = timeout(SAMPLE_TIMEOUT, async {
            while let Ok((_, event)) = events.recv().await {
                if let Event::Changed { messages, shown: Some(shown), .. } = event
                    && messages.contains(&id)
                    && is_on_screen(shown)
                {
                    return true;
                }
            }
            false
        });
        let shown = shown.await.unwrap_or(false);
        if !shown {
            // It is told that it was not shown, and is not to pop up when nobody thinks of it any more.
            let part = Part { subscription: own::KEY.to_owned(), first: id, last: id };
            // A failure is a condition already.
            let _ = self.ledger.mark(&[part], hark_store::Shown::Old, Some(&Why::Age), None);
        }
        let status = self.status.now();
        let sentence = match (shown, status.agent.notifications.server) {
            (true, server) => format!("Shown: {} acknowledged it.", server.unwrap_or_default()),
            (false, Some(server)) => format!("Not shown: {server} did not acknowledge it in time."),
            (false, None) => status
                .conditions
                .into_iter()
                .find(|condition| condition.code == Code::NotificationsUnavailable.name())
                .map_or_else(|| alerts::NO_BUS.to_owned(), |condition| condition.sentence),
        };
        Ok(Sample { shown, sentence })
    }
}

/// On a full screen it is counted with others.
fn is_on_screen(shown: Shown) -> bool {
    matches!(shown, Shown::Shown | Shown::Digest | Shown::Folded)
}
