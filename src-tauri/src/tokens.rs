//! The relay's tokens for the person who asks for one. This process reads and copies them itself: the page, which
//! shows what strangers sent, never has one.

use hark_api::{RenewToken, client::CallError, route};
use hark_local::{clipboard, token};
use tauri::State;

use crate::bridge::{Bridge, Failure, broken};

/// Copies a token of the relay: the one for messages alone, or for all.
#[tauri::command]
pub(crate) fn copy_relay_token(bridge: State<'_, Bridge>, read_only: bool) -> Result<(), Failure> {
    let path = bridge.profile.relay_token(read_only);
    let unread =
        |error| broken(format!("The token in {} could not be read: {error}.", path.display()));
    match clipboard::copy(&token::read(&path).map_err(unread)?) {
        true => Ok(()),
        false => Err(broken(format!(
            "No program here copies (wl-copy, xclip or xsel). In a terminal: hark relay token{}",
            if read_only { " --read-only" } else { "" }
        ))),
    }
}

/// Makes a token of the relay another one. Who follows with it is cut off.
#[tauri::command]
pub(crate) async fn renew_relay_token(
    bridge: State<'_, Bridge>,
    read_only: bool,
) -> Result<(), Failure> {
    let renewed: Result<(), CallError> =
        bridge.client.call(&route::RELAY_TOKEN, &RenewToken { read_only }).await;
    Ok(renewed?)
}
