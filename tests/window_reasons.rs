//! The four questions that a person opens the window with, each from a cold start: "what was that message?", "is it
//! working?", "what happened last night?", "follow this too". The steps are counted: one click or one paste each.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::cell::Cell;

use hark_tests::{LONG, World, desktop::Desktop, ntfy::Ntfy, sse::Server, window::Window};
use serde_json::json;

/// A window that was opened for a question, and what the person has done in it since.
struct Asked<'a> {
    question: &'a str,
    window: Window,
    steps: Cell<u32>,
}

impl<'a> Asked<'a> {
    async fn open(world: &World, question: &'a str) -> Self {
        Self { question, window: Window::open(world).await, steps: Cell::new(0) }
    }

    async fn click(&self, css: &str) {
        self.steps.set(self.steps.get() + 1);
        self.window.click(css).await;
    }

    /// Pastes a text that stands in the clipboard already, where the window has the keyboard when it opens.
    async fn paste(&self, text: &str) {
        let put = "const field = document.createElement('textarea');
            field.value = arguments[0];
            document.body.append(field);
            field.select();";
        self.window.run(put, vec![json!(text)]).await;
        self.window.press("\u{e009}c\u{e000}").await;
        self.window.run("document.querySelector('body > textarea').remove()", Vec::new()).await;
        self.steps.set(self.steps.get() + 1);
        self.window.press("\u{e009}v\u{e000}").await;
    }

    /// It is answered by now.
    async fn answered(self, desktop: &Desktop, most: u32) {
        let Self { question, window, steps } = self;
        let steps = steps.get();
        println!("{question}: {steps} step(s)");
        window.drawn().await;
        desktop.picture(&format!("reason-{}", question.replace(' ', "-"))).await;
        assert!(steps <= most, "{question}: {steps} steps");
        window.close().await;
    }
}

#[tokio::test]
async fn each_of_the_four_reasons_is_one_step_away() {
    let desktop = Desktop::start().await;
    let world = &desktop.world;
    let ntfy = Ntfy::start().await;
    let locked =
        Server::start().await.answering("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n");
    world.settings(&format!(
        "[subscriptions.alerts]\nurl = \"{}\"\nfeed = \"ntfy\"\nname = \"Alerts\"\n\
         [subscriptions.secret]\nurl = \"{}\"\nname = \"Secret\"\n",
        ntfy.url("/alerts"),
        locked.url("/"),
    ));
    let _agent = world.agent_with(&[]).await;
    world.caught_up("alerts").await;
    let long = format!("The disk is full. {} It was /var.", "Much is said. ".repeat(60));
    ntfy.publish_as("message", "alerts", json!({ "title": "Disk full", "message": long }));
    world.stored(1).await;
    // A night's outage.
    let port = ntfy.stop();
    world.phase("alerts", "backing_off").await;
    let ntfy = Ntfy::at(port).await;
    world.hark(&["resume", "alerts"]).await.ok();
    world.phase("alerts", "streaming").await;

    let asked = Asked::open(world, "what was that message").await;
    asked.window.shows("[data-testid=message]", "Disk full").await;
    asked.click("[data-testid=open-message]").await;
    asked.window.shows("[data-testid=detail]", "It was /var.").await;
    asked.answered(&desktop, 1).await;

    // What is wrong stands there without any step; what to do about it is one away.
    let asked = Asked::open(world, "is it working").await;
    asked.window.shows("[data-testid=connections]", "Secret: access refused").await;
    asked.click("[data-testid=connections]").await;
    asked.window.shows("[data-subscription=alerts] [data-testid=phase]", "live").await;
    asked.window.shows("[data-subscription=secret] [data-testid=cause]", "Access refused").await;
    asked.window.find("[data-testid=remedy-token]").await;
    asked.answered(&desktop, 1).await;

    let asked = Asked::open(world, "what happened last night").await;
    asked.window.find_within("[data-testid=message]", LONG).await;
    asked.click("[data-testid=nav-outages]").await;
    asked.window.shows("[data-testid=outage]", "Alerts").await;
    asked.window.shows("[data-testid=outage] [data-testid=cause]", "refused").await;
    asked.answered(&desktop, 1).await;

    // Pasted, it is tried and recognised; what is left is to agree.
    let asked = Asked::open(world, "follow this too").await;
    asked.window.find_within("[data-testid=message]", LONG).await;
    asked.paste(&ntfy.url("/builds")).await;
    asked.window.shows("[data-testid=recognised]", "ntfy").await;
    asked.answered(&desktop, 1).await;
}
