//! The relay's tokens for the person who asks for one. This process reads and copies them itself: the page, which
//! shows what strangers sent, never has one.

use std::path::PathBuf;

use hark_api::{RenewToken, client::CallError, route};
use hark_local::{clipboard, token};
use tauri::{State, async_runtime};

use crate::bridge::{Bridge, Failure, broken};

/// Copies the relay's token, which goes into a header.
#[tauri::command]
pub(crate) async fn copy_relay_token(bridge: State<'_, Bridge>) -> Result<(), Failure> {
    copy(bridge.profile.relay_token(false), |token| token, "hark relay token").await
}

/// Copies the address of the relay's messages with the token that may stand in one, which opens these alone.
#[tauri::command]
pub(crate) async fn copy_relay_address(bridge: State<'_, Bridge>) -> Result<(), Failure> {
    let relay = bridge.client.call(&route::RELAY, &()).await?;
    let none = || broken("The relay has no address that a token could stand in.".to_owned());
    let at = relay.at.filter(|at| at.starts_with("http://")).ok_or_else(none)?;
    let address = move |token: String| address(&at, &token);
    copy(bridge.profile.relay_token(true), address, "hark relay token --read-only").await
}

fn address(at: &str, token: &str) -> String {
    format!("{}{}?token={token}", at.trim_end_matches('/'), route::RELAY_MESSAGES)
}

/// Copies what becomes of the token in a file; where nothing here copies, `instead` is the command that prints it.
async fn copy(
    path: PathBuf,
    text: impl FnOnce(String) -> String + Send + 'static,
    instead: &'static str,
) -> Result<(), Failure> {
    let copied = async_runtime::spawn_blocking(move || {
        let token = token::read(&path).map_err(|error| {
            format!("The token in {} could not be read: {error}.", path.display())
        })?;
        match clipboard::copy(&text(token)) {
            true => Ok(()),
            false => Err(format!(
                "No program here copies (wl-copy, xclip or xsel). In a terminal: {instead}"
            )),
        }
    });
    copied.await.map_err(|error| broken(error.to_string()))?.map_err(broken)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_with_its_token_is_one_that_the_relay_answers() {
        for at in ["http://127.0.0.1:7275", "http://[::1]:7275/"] {
            let whole = address(at, "abc");
            let host = at.trim_end_matches('/');
            assert_eq!(whole, format!("{host}/relay/v1/messages?token=abc"));
        }
    }
}
