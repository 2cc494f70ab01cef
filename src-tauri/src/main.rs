//! `hark-window`: the window of Hark, started on demand and gone when closed.
//!
//! A client of the agent like the command line. It holds no secret, opens no database and serves
//! nothing: what it shows comes through [`bridge`], and whatever happens to it, no message is lost.

#![cfg_attr(windows, windows_subsystem = "windows")]

mod bridge;
mod closing;
mod display;
mod kept;
mod options;
mod pictures;
mod saving;
mod secrets;
mod single;
mod tokens;
#[cfg(test)]
mod typescript;

use std::process::ExitCode;

use closing::Closing;
use hark_api::client::Client;
use hark_local::{profile::Profile, program::Place};
use options::Start;
use single::Claim;
use tauri::{
    AppHandle, Manager, Url, WebviewUrl, WebviewWindowBuilder, WindowEvent,
    webview::NewWindowResponse,
};

/// The one window's label: the capability file names it.
const LABEL: &str = "main";
/// The folder of what the window keeps, in that of the state.
const DATA: &str = "window";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            display::tell(&sentence);
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let (chosen, at) = match options::read(std::env::args_os().skip(1))? {
        Start::Window { profile, at } => (profile, at),
        Start::Print(text) => {
            println!("{text}");
            return Ok(());
        }
    };
    let profile = Profile::find(chosen.as_deref()).map_err(|error| error.to_string())?;
    display::check()?;
    let only = match single::claim(&profile.runtime, at)? {
        Claim::Only(only) => only,
        Claim::AnotherIsShown => return Ok(()),
    };
    let data = profile.state.join(DATA);
    let client = Client::new(&profile.socket());
    tauri::Builder::default()
        .manage(bridge::Bridge::new(profile))
        .invoke_handler(bridge::commands())
        .register_asynchronous_uri_scheme_protocol(
            pictures::SCHEME,
            move |_, request, responder| {
                let client = client.clone();
                tauri::async_runtime::spawn(async move {
                    responder.respond(pictures::answer(&client, request.uri().path()).await);
                });
            },
        )
        .setup(move |app| {
            let kept = kept::read(&data);
            let fragment = at.map(|at| format!("#{}", fragment(at))).unwrap_or_default();
            let page = format!("index.html?{}{fragment}", kept.appearance.language.tag());
            let window = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App(page.into()))
                .title("Hark")
                // By this the uninstaller finds it on Windows.
                .window_classname("HarkWindow")
                .inner_size(kept.width, kept.height)
                .maximized(kept.maximized)
                .min_inner_size(kept::SMALLEST.0, kept::SMALLEST.1)
                .theme(kept.appearance.look.theme())
                .data_directory(data.clone())
                .on_navigation(is_own_page)
                .on_new_window(|_, _| NewWindowResponse::Deny)
                .build()?;
            // On Linux the builder's theme does not reach the page.
            window.set_theme(kept.appearance.look.theme())?;
            let (own, closing) = (window.clone(), Closing::default());
            let requested = closing.clone();
            window.on_window_event(move |event| {
                if let WindowEvent::CloseRequested { api, .. } = event {
                    kept::keep_size(&data, &own);
                    requested.requested(&own, api);
                }
            });
            let app = app.handle().clone();
            only.on_second_start(move |at| !closing.has_begun() && show(&app, at));
            Ok(())
        })
        .run(tauri::generate_context!())
        .map_err(|error| format!("The window could not be opened: {error}."))
}

/// The page never leads elsewhere: links open in the person's browser, through the bridge.
fn is_own_page(url: &Url) -> bool {
    url.scheme() == "tauri" || url.host_str() == Some("tauri.localhost")
}

/// The fragment of the page's URL at which it shows a place, and does what a button of a message is for.
fn fragment(place: Place) -> String {
    match place {
        Place::Connections => "connections".to_owned(),
        Place::Message { message, action } => {
            let action = action.map(|number| format!("&action={number}")).unwrap_or_default();
            format!("message={message}{action}")
        }
    }
}

/// Brings the window to the front, at a place where one is named; answers whether there is one still. Each step
/// but the last may fail harmlessly on some desktop.
fn show(app: &AppHandle, at: Option<Place>) -> bool {
    let Some(window) = app.get_webview_window(LABEL) else { return false };
    if let (Some(at), Ok(mut url)) = (at, window.url()) {
        url.set_fragment(Some(&fragment(at)));
        let _ = window.navigate(url);
    }
    let _ = window.unminimize();
    let _ = window.show();
    let _ = window.set_focus();
    // The event loop answers for what is before it, and not when it has ended.
    window.is_visible().is_ok()
}
