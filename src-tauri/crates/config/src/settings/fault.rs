//! What is wrong with the value of one option, as far as that is known by its kind: by the same readers that the file
//! is read with.

use hark_engine::{size, span};
use hark_stream::connection::guard::Limits;

use super::{AddressError, OptionValue, read_event_max, read_proxy, read_retry, read_url};

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is no address.
    Address(AddressError),
    /// A part of an address is not shown.
    HiddenAddress,
    /// It is no length of time.
    Length(String),
    /// It is no size.
    Size(String),
    /// It is no size of an event, which is so much at most.
    EventSize(String),
    /// It is no way to retry.
    Retry(String),
    /// It is no proxy.
    Proxy,
    /// A proxy's address holds a password.
    ProxyPassword,
    /// No feed has this name.
    Feed(String),
    /// It is less than one.
    Least,
    /// It is no priority.
    Priority,
    /// A command stands in the settings file alone.
    Command,
    /// The settings say more of quiet hours than a week can.
    QuietHoursMore,
}

impl Fault {
    /// What is wrong with a value that was not taken.
    pub(super) fn of(name: &str, value: Option<&OptionValue>) -> Option<Self> {
        match (name, value?) {
            ("url" | "publish.url", OptionValue::Text(text)) => {
                read_url(text).err().map(Self::Address)
            }
            ("pictures_from", OptionValue::Texts(all)) => {
                all.iter().find_map(|one| read_url(one).err()).map(Self::Address)
            }
            (
                "heartbeat" | "cadence" | "spread" | "problems.tell_after",
                OptionValue::Text(text),
            ) => span::read(text).is_err().then(|| Self::Length(text.clone())),
            ("keep.bytes" | "event_max", OptionValue::Text(text)) if size::read(text).is_err() => {
                Some(Self::Size(text.clone()))
            }
            ("event_max", OptionValue::Text(text)) => {
                let most = || size::write(Limits::EVENT_BYTES_MAX as u64);
                read_event_max(text).is_err().then(|| Self::EventSize(most()))
            }
            ("retry", OptionValue::Text(text)) => {
                read_retry(text).is_err().then(|| Self::Retry(text.clone()))
            }
            ("proxy", OptionValue::Text(text)) => read_proxy(text).is_err().then(|| {
                let url = url::Url::parse(text);
                let names_user =
                    |url: url::Url| !url.username().is_empty() || url.password().is_some();
                if url.is_ok_and(names_user) { Self::ProxyPassword } else { Self::Proxy }
            }),
            ("feed", OptionValue::Text(text)) => Some(Self::Feed(text.clone())),
            ("min_priority", OptionValue::Number(level)) => {
                (!(1..=5).contains(level)).then_some(Self::Priority)
            }
            (_, OptionValue::Number(0)) => Some(Self::Least),
            _ => None,
        }
    }
}
