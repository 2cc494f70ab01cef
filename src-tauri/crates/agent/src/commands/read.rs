//! What the person has read or deleted: its notifications go away.

use hark_api::{ApiError, DeleteMessages, Deleted, Read, ReadMessages};
use hark_store::StoreError;
use jiff::Timestamp;

use crate::{alerts::Outbox, ledger::Ledger};

/// The most messages that a client may name at once.
const NAMED_MAX: usize = 1000;

/// See the module. Clones share everything.
#[derive(Clone, Debug)]
pub struct Reader {
    ledger: Ledger,
    alerts: Outbox,
}

impl Reader {
    /// Marks in this ledger, and closes by these alerts.
    #[must_use]
    pub fn new(ledger: Ledger, alerts: Outbox) -> Self {
        Self { ledger, alerts }
    }

    /// Marks messages as read.
    ///
    /// # Errors
    /// Where too many are named, or the store cannot be written.
    pub fn read(&self, asked: &ReadMessages) -> Result<Read, ApiError> {
        let ReadMessages { messages, up_to, subscription } = asked;
        let now = Timestamp::now();
        are_few(messages)?;
        let mut read = self.ledger.mark_read(messages, now).map_err(plain)?;
        if let Some(up_to) = up_to {
            let all = self.ledger.mark_all_read(subscription.as_deref(), *up_to, now);
            read.extend(all.map_err(plain)?);
        }
        let count = u32::try_from(read.len()).unwrap_or(u32::MAX);
        self.alerts.read(read.into());
        Ok(Read { messages: count })
    }

    /// Deletes messages; what they show goes away.
    ///
    /// # Errors
    /// Where too many are named, or the store cannot be written.
    pub fn delete(&self, asked: &DeleteMessages) -> Result<Deleted, ApiError> {
        are_few(&asked.messages)?;
        let messages = self.ledger.delete(&asked.messages).map_err(plain)?;
        self.alerts.read(messages.clone());
        Ok(Deleted { messages })
    }
}

fn are_few(messages: &[i64]) -> Result<(), ApiError> {
    if messages.len() <= NAMED_MAX {
        return Ok(());
    }
    Err(ApiError::plain(format!("At most {NAMED_MAX} messages can be named at once.")))
}

fn plain(error: StoreError) -> ApiError {
    ApiError::plain(error.to_string())
}
