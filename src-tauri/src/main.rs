//! `hark-window`: the window of Hark, started on demand and gone when closed.
//!
//! A client of the agent like the command line. It holds no secret, opens no database and serves
//! nothing: what it shows comes through [`bridge`], and whatever happens to it, no message is lost.

#![cfg_attr(windows, windows_subsystem = "windows")]

mod bridge;
mod display;
mod options;
mod single;
#[cfg(test)]
mod typescript;

use std::process::ExitCode;

use hark_local::profile::Profile;
use options::Start;
use single::Claim;
use tauri::{AppHandle, Manager, Url, WebviewUrl, WebviewWindowBuilder};

/// The one window's label: the capability file names it.
const LABEL: &str = "main";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("{sentence}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let (chosen, message) = match options::read(std::env::args_os().skip(1))? {
        Start::Window { profile, message } => (profile, message),
        Start::Print(text) => {
            println!("{text}");
            return Ok(());
        }
    };
    let profile = Profile::find(chosen.as_deref()).map_err(|error| error.to_string())?;
    display::check()?;
    let only = match single::claim(&profile.runtime, message)? {
        Claim::Only(only) => only,
        Claim::AnotherIsShown => return Ok(()),
    };
    let data = profile.state.join("window");
    tauri::Builder::default()
        .manage(bridge::Bridge::new(profile))
        .invoke_handler(bridge::commands())
        .setup(move |app| {
            let page =
                message.map(|id| WebviewUrl::App(format!("index.html#{}", place(id)).into()));
            WebviewWindowBuilder::new(app, LABEL, page.unwrap_or_default())
                .title("Hark")
                .inner_size(760.0, 560.0)
                .min_inner_size(420.0, 400.0)
                .data_directory(data)
                .on_navigation(is_own_page)
                .build()?;
            let app = app.handle().clone();
            only.on_second_start(move |message| show(&app, message));
            Ok(())
        })
        .run(tauri::generate_context!())
        .map_err(|error| format!("The window could not be opened: {error}."))
}

/// The page never leads elsewhere: links open in the person's browser, through the bridge.
fn is_own_page(url: &Url) -> bool {
    url.scheme() == "tauri" || url.host_str() == Some("tauri.localhost")
}

/// The fragment of the page's URL at which it shows a message.
fn place(message: i64) -> String {
    format!("message={message}")
}

/// Brings the window to the front, at a message where one is named. Each step may fail harmlessly on some
/// desktop.
fn show(app: &AppHandle, message: Option<i64>) {
    if let Some(window) = app.get_webview_window(LABEL) {
        if let (Some(id), Ok(mut url)) = (message, window.url()) {
            url.set_fragment(Some(&place(id)));
            let _ = window.navigate(url);
        }
        let _ = window.unminimize();
        let _ = window.show();
        let _ = window.set_focus();
    }
}
