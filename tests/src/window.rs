//! The window, driven by WebDriver as a person would: `tauri-driver` starts it and ends it.

use std::{env, time::Duration};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;

use crate::{LONG, Running, SHORT, World, eventually, hark, http};

/// A window with a driver.
pub struct Window {
    client: Client,
    _driver: Running,
}

impl Window {
    /// Opens one on the world's display.
    pub async fn open(world: &World) -> Self {
        Self::open_with(world, &[]).await
    }

    /// The same, with these arguments.
    pub async fn open_with(world: &World, args: &[&str]) -> Self {
        let driver = env::var_os("HARK_TAURI_DRIVER").unwrap_or_else(|| "tauri-driver".into());
        let (port, native) = (http::free_port(), http::free_port());
        let mut command = world.command(driver);
        command.args(["--port", &port.to_string(), "--native-port", &native.to_string()]);
        let driver = Running::start(world, "tauri-driver", command);
        let application = hark::program("hark-window");
        let capabilities = json!({
            "browserName": "wry",
            "tauri:options": { "application": application, "args": args },
        });
        let capabilities = capabilities.as_object().unwrap().clone();
        let client = eventually("the window has a WebDriver session", LONG, async || {
            let mut builder = ClientBuilder::new(HttpConnector::new());
            builder.capabilities(capabilities.clone());
            builder.connect(&format!("http://127.0.0.1:{port}")).await
        })
        .await;
        Self { client, _driver: driver }
    }

    /// Waits for an element; answers it. CSS, like all that follow.
    pub async fn find(&self, css: &str) -> Element {
        self.find_within(css, SHORT).await
    }

    /// Waits for an element no longer than this.
    pub async fn find_within(&self, css: &str, within: Duration) -> Element {
        eventually(&format!("{css} is in the window"), within, async || {
            match self.client.find(Locator::Css(css)).await {
                Ok(element) => Ok(element),
                Err(_) => Err(self.text().await),
            }
        })
        .await
    }

    /// Waits for an element to show this text.
    pub async fn shows(&self, css: &str, text: &str) {
        eventually(&format!("{css} shows {text:?}"), LONG, async || {
            let found = self.client.find_all(Locator::Css(css)).await.unwrap_or_default();
            let mut seen = Vec::new();
            for element in found {
                // It may have been replaced since.
                seen.push(element.text().await.unwrap_or_default());
            }
            let shown = seen.iter().any(|seen| seen.contains(text));
            shown.then_some(()).ok_or(format!("{seen:?}"))
        })
        .await;
    }

    /// Clicks an element, once it can be clicked: it may be hidden for a moment, or be replaced by a new
    /// one.
    pub async fn click(&self, css: &str) {
        eventually(&format!("{css} can be clicked"), SHORT, async || {
            self.find(css).await.click().await
        })
        .await;
    }

    /// Types into an element, once it can be typed into.
    pub async fn write(&self, css: &str, text: &str) {
        eventually(&format!("{css} can be typed into"), SHORT, async || {
            self.find(css).await.send_keys(text).await
        })
        .await;
    }

    /// Waits until what is in the page is on the screen too.
    pub async fn drawn(&self) {
        let script = "const done = arguments[0];
            requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)));";
        self.client.execute_async(script, Vec::new()).await.unwrap();
    }

    /// All that can be read in it.
    pub async fn text(&self) -> String {
        match self.client.find(Locator::Css("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(error) => error.to_string(),
        }
    }

    /// Ends the session, and the window with it.
    pub async fn close(self) {
        self.client.close().await.unwrap();
    }
}
