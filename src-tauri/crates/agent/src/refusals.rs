//! What the settings refuse as clients are told it: an English sentence, and its reason with its values for a client
//! that says it in another language. Pure.

use hark_api::{ApiError, ErrorCode, Reason, ReasonCode as Code};
use hark_config::{
    TomlError,
    settings::{AddressError, EditError, Fault},
};

/// The error that a client gets for an edit that was not made.
pub fn refusal(error: EditError) -> ApiError {
    let code = match &error {
        EditError::File(_) | EditError::Another(_) | EditError::Unfit { .. } => None,
        EditError::Unknown(_) | EditError::Several(..) => Some(ErrorCode::UnknownSubscription),
        EditError::AlreadyFollowed(_) => Some(ErrorCode::AlreadyFollowed),
        EditError::Changed(_) => Some(ErrorCode::Changed),
    };
    let (sentence, reason) = (error.to_string(), reason(&error).map(Box::new));
    let option = if let EditError::Unfit { option, .. } = error { option } else { None };
    ApiError { code, option, reason, ..ApiError::plain(sentence) }
}

fn reason(error: &EditError) -> Option<Reason> {
    Some(match error {
        // A client that says it in another language names them by their keys.
        EditError::Several(..) => return None,
        EditError::File(error) => of_file(error),
        EditError::Unknown(key) => Reason::of(Code::UnknownSubscription, &[("subscription", key)]),
        EditError::AlreadyFollowed(key) => {
            Reason::of(Code::AlreadyFollowed, &[("subscription", key)])
        }
        EditError::Another(key) => Reason::of(Code::OtherSettings, &[("subscription", key)]),
        EditError::Changed(options) => Reason::of(Code::SettingsChanged, &[("options", options)]),
        EditError::Unfit { fault: Some(fault), .. } => of_fault(fault),
        EditError::Unfit { message, .. } => Reason::of(Code::ValueUnfit, &[("message", message)]),
    })
}

fn of_file(error: &TomlError) -> Reason {
    match error {
        TomlError::Wrong { path, line, column, message } => Reason::of(
            Code::SettingsWrong,
            &[("path", &path.display()), ("line", line), ("column", column), ("message", message)],
        ),
        TomlError::Inaccessible { path, action, source } => {
            let code = match *action {
                "written" => Code::SettingsUnwritable,
                _ => Code::SettingsUnreadable,
            };
            Reason::of(code, &[("path", &path.display()), ("message", source)])
        }
        TomlError::Unfit { path, why } => {
            Reason::of(Code::SettingsUnreadable, &[("path", &path.display()), ("message", why)])
        }
        TomlError::Slow { path, .. } => {
            Reason::of(Code::SettingsSlow, &[("path", &path.display())])
        }
        TomlError::Busy { path } => Reason::of(Code::SettingsBusy, &[("path", &path.display())]),
    }
}

/// Why an address cannot be taken.
pub fn of_address(error: &AddressError) -> Reason {
    match error {
        AddressError::Unreadable(message) => {
            Reason::of(Code::UrlUnreadable, &[("message", message)])
        }
        AddressError::WebSocket(message) => Reason::of(Code::UrlWebsocket, &[("message", message)]),
        AddressError::Scheme(scheme) => Reason::of(Code::UrlScheme, &[("scheme", scheme)]),
        AddressError::Password => Reason::of(Code::UrlPassword, &[]),
    }
}

fn of_fault(fault: &Fault) -> Reason {
    let text = |code, text: &String| Reason::of(code, &[("text", text)]);
    match fault {
        Fault::Address(error) => of_address(error),
        Fault::HiddenAddress => Reason::of(Code::UrlHidden, &[]),
        Fault::Length(it) => text(Code::ValueLength, it),
        Fault::Size(it) => text(Code::ValueSize, it),
        Fault::EventSize(most) => Reason::of(Code::ValueEventSize, &[("most", most)]),
        Fault::Retry(it) => text(Code::ValueRetry, it),
        Fault::Proxy => Reason::of(Code::ValueProxy, &[]),
        Fault::ProxyPassword => Reason::of(Code::ValueProxyPassword, &[]),
        Fault::Feed(it) => text(Code::ValueFeed, it),
        Fault::Least => Reason::of(Code::ValueLeast, &[]),
        Fault::Priority => Reason::of(Code::ValuePriority, &[]),
        Fault::Command => Reason::of(Code::SecretCommand, &[]),
        Fault::QuietHoursMore => Reason::of(Code::QuietHoursMore, &[]),
    }
}
