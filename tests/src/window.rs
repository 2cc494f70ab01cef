//! The window, driven by WebDriver as a person would: `tauri-driver` starts it and ends it.

use std::{env, time::Duration};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::{LONG, Running, SHORT, World, desktop, eventually, hark, http};

/// A window with a driver.
pub struct Window {
    client: Client,
    _driver: Running,
}

/// Waits until the process of the world's window has ended.
pub async fn ended(world: &World) {
    eventually("the window's process has ended", SHORT, async || {
        let left = world.running("hark-window");
        left.is_empty().then_some(()).ok_or(format!("{left:?}"))
    })
    .await;
}

impl Window {
    /// Opens one on the world's display.
    pub async fn open(world: &World) -> Self {
        Self::open_with(world, &[]).await
    }

    /// Opens one on a screen with so many pixels to each of the page's.
    pub async fn open_scaled(world: &World, scale: u32) -> Self {
        Self::start(world, &[], scale).await
    }

    /// The same, with these arguments.
    pub async fn open_with(world: &World, args: &[&str]) -> Self {
        Self::start(world, args, 1).await
    }

    async fn start(world: &World, args: &[&str], scale: u32) -> Self {
        let driver = env::var_os("HARK_TAURI_DRIVER").unwrap_or_else(|| "tauri-driver".into());
        let (port, native) = (http::free_port(), http::free_port());
        let mut command = world.command(driver);
        command.args(["--port", &port.to_string(), "--native-port", &native.to_string()]);
        command.env("GDK_SCALE", scale.to_string());
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

    /// Waits until an element is not there any more.
    pub async fn gone(&self, css: &str) {
        eventually(&format!("{css} is gone"), SHORT, async || {
            let found = self.client.find_all(Locator::Css(css)).await.unwrap_or_default();
            if found.is_empty() { Ok(()) } else { Err(self.text().await) }
        })
        .await;
    }

    /// Waits for an element to show this text.
    pub async fn shows(&self, css: &str, text: &str) {
        eventually(&format!("{css} shows {text:?}"), LONG, async || {
            let seen = self.texts(css).await;
            let shown = seen.iter().any(|seen| seen.contains(text));
            shown.then_some(()).ok_or(format!("{seen:?}"))
        })
        .await;
    }

    /// What can be read in each of these elements now.
    pub async fn texts(&self, css: &str) -> Vec<String> {
        let found = self.client.find_all(Locator::Css(css)).await.unwrap_or_default();
        let mut seen = Vec::new();
        for element in found {
            seen.push(self.written(element).await);
        }
        seen
    }

    /// How many such elements there are now.
    pub async fn count(&self, css: &str) -> usize {
        self.client.find_all(Locator::Css(css)).await.unwrap_or_default().len()
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

    /// Presses keys where the keyboard is, as a person does who has no mouse.
    pub async fn press(&self, keys: &str) {
        let element = self.client.active_element().await.unwrap();
        element.send_keys(keys).await.unwrap();
    }

    /// Leaves the field that the keyboard is in.
    pub async fn blur(&self) {
        self.client.execute("document.activeElement.blur()", Vec::new()).await.unwrap();
    }

    /// Chooses what has this value.
    pub async fn choose(&self, css: &str, value: &str) {
        eventually(&format!("{css} can be chosen from"), SHORT, async || {
            self.find(css).await.select_by_value(value).await
        })
        .await;
    }

    /// Waits for an expression of the page's to be so.
    pub async fn says(&self, expression: &str, wanted: bool) {
        eventually(&format!("{expression} is {wanted}"), LONG, async || {
            let said = self.client.execute(&format!("return {expression}"), Vec::new()).await;
            let said = said.map_err(|error| error.to_string())?;
            if said == wanted { Ok(()) } else { Err(said.to_string()) }
        })
        .await;
    }

    /// What a script of the page answers.
    pub async fn run(&self, script: &str, args: Vec<Value>) -> Value {
        self.client.execute(script, args).await.unwrap()
    }

    /// What a script of the page hands to the last of its arguments, in its own time.
    pub async fn run_long(&self, script: &str, args: Vec<Value>) -> Value {
        self.client.execute_async(script, args).await.unwrap()
    }

    /// Makes the page so large, as a person who drags its edge. CSS pixels; the screen has `scale` to each.
    pub async fn resize(&self, world: &World, (width, height): (u32, u32), scale: u32) {
        let pid = world.running("hark-window")[0];
        let window = desktop::window_of(world, pid).await;
        let size = [(width * scale).to_string(), (height * scale).to_string()];
        let arguments = ["windowsize", &window, &size[0], &size[1]];
        eventually(&format!("the page is {width} x {height}"), LONG, async || {
            world.run("xdotool".as_ref(), &arguments).await.ok();
            let said = self.run("return [innerWidth, innerHeight]", Vec::new()).await;
            if said == json!([width, height]) { Ok(()) } else { Err(said.to_string()) }
        })
        .await;
    }

    /// Waits until what is in the page is on the screen too.
    pub async fn drawn(&self) {
        let script = "const done = arguments[0];
            requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)));";
        self.client.execute_async(script, Vec::new()).await.unwrap();
    }

    /// Whether an element is there now.
    pub async fn has(&self, css: &str) -> bool {
        self.client.find(Locator::Css(css)).await.is_ok()
    }

    /// What stands in a field.
    pub async fn value(&self, css: &str) -> String {
        let script = "return document.querySelector(arguments[0])?.value ?? ''";
        let value = self.client.execute(script, vec![json!(css)]).await;
        value.ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// The `data-testid` of what has the focus.
    pub async fn focused(&self) -> String {
        let script = "return document.activeElement?.dataset.testid ?? ''";
        let focused = self.client.execute(script, Vec::new()).await;
        focused.ok().and_then(|id| id.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// All that the page holds: its whole text with tags and attributes, what stands in fields, and its storage.
    pub async fn everything(&self) -> String {
        let script = "const fields = [...document.querySelectorAll('input, textarea, select')];
            return [document.documentElement.outerHTML, ...fields.map((field) => field.value),
                location.href, JSON.stringify(history.state), JSON.stringify({ ...localStorage }),
                JSON.stringify({ ...sessionStorage }), document.cookie].join('\\n');";
        let all = self.client.execute(script, Vec::new()).await.unwrap();
        all.as_str().unwrap_or_default().to_owned()
    }

    /// All that can be read in it.
    pub async fn text(&self) -> String {
        match self.client.find(Locator::Css("body")).await {
            Ok(body) => self.written(body).await,
            Err(error) => error.to_string(),
        }
    }

    /// What can be read in an element, as the web engine itself says: the driver's own idea of that leaves out lines
    /// that are cut off by CSS. Nothing where it has been replaced since.
    async fn written(&self, element: Element) -> String {
        let element = serde_json::to_value(element).unwrap();
        let text = self.client.execute("return arguments[0].innerText", vec![element]).await;
        text.ok().and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Ends the session, and the window with it.
    pub async fn close(self) {
        self.client.close().await.unwrap();
    }
}
