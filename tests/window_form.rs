//! The form of a subscription in the real window: a token that is typed there, edits beside the settings file, and
//! rules. The pictures of it are in the output folder.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::{Arc, Mutex},
};

use futures_util::StreamExt;
use hark_api::{MessagesQuery, OptionsQuery, route};
use hark_tests::{LONG, SHORT, World, desktop::Desktop, eventually, sse::Server, window::Window};
use serde_json::json;
use tokio::task::JoinHandle;

const CANARY: &str = "c4nary-7d1f-in-a-coal-mine";
/// The Tab key (WebDriver, 17.4.2).
const TAB: &str = "\u{e004}";

/// A server that lets in who has the token, and remembers what each client sent.
struct Guarded {
    port: u16,
    seen: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Guarded {
    async fn start() -> Self {
        let server = Server::start().await;
        let (port, seen) = (server.port(), Arc::<Mutex<Vec<String>>>::default());
        let all = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            let mut open = Vec::new();
            loop {
                let mut client = server.client_ever().await;
                let authorization = client.header("authorization").unwrap_or_default().to_owned();
                all.lock().unwrap().push(authorization.clone());
                if authorization == format!("Bearer {CANARY}") {
                    client.accept().await;
                    client
                        .send("id: 1\ndata: {\"title\":\"Disk full\",\"body\":\"/var\"}\n\n")
                        .await;
                    open.push(client);
                } else {
                    client.send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n").await;
                }
            }
        });
        Self { port, seen, task }
    }

    fn address(&self) -> String {
        format!("127.0.0.1:{}/alerts", self.port)
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn settings(world: &World) -> String {
    fs::read_to_string(world.path("profile/config/config.toml")).unwrap()
}

/// Chooses from the menu of the only connection.
async fn choose(window: &Window, what: &str) {
    window.click("[data-testid=menu]").await;
    window.click(&format!("[role=menuitem][data-testid={what}]")).await;
}

async fn picture(desktop: &Desktop, window: &Window, name: &str) {
    window.drawn().await;
    desktop.picture(name).await;
}

#[tokio::test]
async fn a_token_typed_in_the_window_reaches_its_server_and_nothing_else() {
    let desktop = Desktop::start().await;
    let world = &desktop.world;
    let guarded = Guarded::start().await;
    let _agent = world.agent_with(&[]).await;
    let client = world.client();
    let told = Arc::new(Mutex::new(Vec::new()));
    let events = client.events().unwrap();
    let heard = Arc::clone(&told);
    let listening = tokio::spawn(async move {
        let mut events = std::pin::pin!(events);
        while let Some(Ok(event)) = events.next().await {
            heard.lock().unwrap().push(serde_json::to_string(&event).unwrap());
        }
    });
    let window = Window::open(world).await;
    window.find_within("[data-testid=add-open]", LONG).await;
    window.click("[data-testid=add-open]").await;
    window.write("[data-testid=add-url]", &format!("{}{TAB}", guarded.address())).await;
    window.find_within("[data-testid=add-error][data-code=credential_wanted]", LONG).await;
    eventually("the token's field has the focus", SHORT, async || {
        let focused = window.focused().await;
        (focused == "secret-bearer").then_some(()).ok_or(focused)
    })
    .await;
    picture(&desktop, &window, "form-token-wanted").await;
    // A wrong one first: it is asked for once more, and the field is empty then.
    window.write("[data-testid=secret-bearer]", "wrong").await;
    window.click("[data-testid=add-submit]").await;
    eventually("the wrong token is refused and the field is empty", LONG, async || {
        let page = window.everything().await;
        let is_sent = guarded.seen.lock().unwrap().iter().any(|sent| sent == "Bearer wrong");
        (is_sent && window.has("[data-code=credential_wanted]").await && !page.contains("wrong"))
            .then_some(())
            .ok_or(page)
    })
    .await;
    window.write("[data-testid=secret-bearer]", CANARY).await;
    assert!(window.everything().await.contains(CANARY), "what is typed is seen by the check");
    window.click("[data-testid=add-submit]").await;
    window.shows("[data-testid=preview]", "Disk full").await;
    picture(&desktop, &window, "form-added").await;
    let page = window.everything().await;
    assert!(!page.contains(CANARY), "{page}");
    window.click("[data-testid=add-done]").await;
    let key = client.call(&route::STATUS, &()).await.unwrap().links[0].subscription.clone();
    world.phase(&key, "streaming").await;
    world.stored(1).await;
    assert!(guarded.seen.lock().unwrap().contains(&format!("Bearer {CANARY}")));

    // It stands in one file, which is its owner's alone; the page, its forms and the API have none of it.
    window.click("[data-testid=nav-connections]").await;
    choose(&window, "edit").await;
    window.find_within("[data-testid=secret-bearer][placeholder^=kept]", LONG).await;
    picture(&desktop, &window, "form-edit-kept").await;
    let page = window.everything().await;
    assert!(!page.contains(CANARY), "{page}");
    let asked = OptionsQuery { subscription: key.clone() };
    let options = client.call(&route::OPTIONS, &asked).await.unwrap();
    let answers = [
        serde_json::to_string(&options).unwrap(),
        serde_json::to_string(&client.call(&route::STATUS, &()).await.unwrap()).unwrap(),
        serde_json::to_string(
            &client.call(&route::MESSAGES, &MessagesQuery::default()).await.unwrap(),
        )
        .unwrap(),
        told.lock().unwrap().concat(),
        settings(world),
    ];
    assert!(answers[0].contains("\"kept\":\"127.0.0.1-2\""), "{}", answers[0]);
    assert!(!told.lock().unwrap().is_empty());
    for answer in answers {
        assert!(!answer.contains(CANARY), "{answer}");
    }
    assert_eq!(world.files_with(CANARY), ["127.0.0.1-2"]);
    let tokens = world.path("profile/config/tokens");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&tokens.join("127.0.0.1-2")), mode(&tokens)), (0o600, 0o700));
    window.close().await;
    listening.abort();

    // It goes with the subscription.
    world.hark(&["remove", &key]).await.ok();
    assert_eq!(world.files_with(CANARY), Vec::<String>::new());
}

#[tokio::test]
async fn a_connection_that_is_refused_leads_to_its_tokens_field() {
    let desktop = Desktop::start().await;
    let world = &desktop.world;
    let guarded = Guarded::start().await;
    world.follow(&[("alerts", &format!("http://{}", guarded.address()))]);
    let _agent = world.agent_with(&[]).await;
    let window = Window::open(world).await;
    window.click("[data-testid=nav-connections]").await;
    window.click("[data-testid=remedy-token]").await;
    eventually("the token's field has the focus", SHORT, async || {
        let focused = window.focused().await;
        (focused == "secret-bearer").then_some(()).ok_or(focused)
    })
    .await;
    picture(&desktop, &window, "form-add-token").await;
    // Another wrong one is told apart from none.
    window.write("[data-testid=secret-bearer]", "wrong").await;
    window.click("[data-testid=add-submit]").await;
    window.shows("[data-testid=add-error]", "It refuses this one").await;
    window.write("[data-testid=secret-bearer]", CANARY).await;
    window.click("[data-testid=add-submit]").await;
    window.gone("[data-testid=edit][open]").await;
    world.phase("alerts", "streaming").await;
    window.close().await;
}

#[tokio::test]
async fn a_subscription_is_edited_beside_its_file() {
    let desktop = Desktop::start().await;
    let world = &desktop.world;
    let server = Server::start().await;
    let text = |more: &str| {
        format!("# mine\n[subscriptions.news]\nurl = \"{}\" # here\n{more}", server.url("/"))
    };
    world.settings(&text("heartbeat = \"90s\" # slow\n"));
    let _agent = world.agent_with(&[]).await;
    let _client = server.streaming(world).await;
    let window = Window::open(world).await;
    window.click("[data-testid=nav-connections]").await;
    choose(&window, "edit").await;
    window.write("[data-testid=add-name]", "News").await;
    window.click("[data-testid=form-more]").await;
    eventually("the form has the file's values", SHORT, async || {
        let value = window.value("[data-testid='option-heartbeat']").await;
        (value == "90s").then_some(()).ok_or(value)
    })
    .await;
    picture(&desktop, &window, "form-edit").await;

    // Another edit of the file shows where nothing was typed, and is told where something was.
    world.settings(&text("name = \"Theirs\"\nheartbeat = \"95s\" # slow\n"));
    eventually("the form follows the file", LONG, async || {
        let value = window.value("[data-testid='option-heartbeat']").await;
        (value == "95s").then_some(()).ok_or(value)
    })
    .await;
    window.shows("[data-testid=conflict]", "Theirs").await;
    assert_eq!(window.value("[data-testid=add-name]").await, "News");
    picture(&desktop, &window, "form-edit-conflict").await;

    // What cannot be taken is told at its field.
    window.write("[data-testid='option-keep.days']", "0").await;
    window.click("[data-testid=add-submit]").await;
    window.find("[data-testid='option-keep.days'][aria-invalid=true]").await;
    window.shows("[data-testid=add-error]", "at least 1").await;
    picture(&desktop, &window, "form-edit-refused").await;
    window.write("[data-testid='option-keep.days']", "\u{e003}9").await;
    window.click("[data-testid=add-submit]").await;
    window.gone("[data-testid=edit][open]").await;
    let wanted = text("name = \"News\"\nheartbeat = \"95s\" # slow\nkeep = { days = 9 }\n");
    assert_eq!(settings(world), wanted);
    window.close().await;
}

#[tokio::test]
async fn rules_are_wished_for_tried_and_kept_until_they_are_saved() {
    let desktop = Desktop::start().await;
    let world = &desktop.world;
    let server = Server::start().await;
    let text = |more: &str, rules: &str| {
        format!("[subscriptions.news] # mine\nurl = \"{}\"\n{more}{rules}", server.url("/"))
    };
    world.settings(&text("", ""));
    let _agent = world.agent_with(&[]).await;
    let mut client = server.streaming(world).await;
    world.caught_up("news").await;
    for message in [
        json!({ "title": "Disk full", "body": "/var", "tags": ["nas"], "priority": 5 }),
        json!({ "title": "Nightly build", "tags": ["nightly"] }),
        json!({ "title": "Build 512 failed", "priority": 4 }),
    ] {
        client.send(&format!("data: {message}\n\n")).await;
    }
    world.stored(3).await;
    let window = Window::open(world).await;
    window.click("[data-testid=nav-connections]").await;
    choose(&window, "edit-rules").await;
    window.shows("[data-testid=rules-sum]", "Of the latest 3, 3 would have alerted.").await;
    window.write("[data-testid=usual-never]", "nightly\u{e007}").await;
    window.shows("[data-testid=rules-sum]", "Of the latest 3, 2 would have alerted.").await;
    window.write("[data-testid=usual-only]", "BUILD\u{e007}").await;
    window.shows("[data-testid=rules-sum]", "Of the latest 3, 1 would have alerted.").await;
    picture(&desktop, &window, "form-rules").await;

    // Escape loses nothing of it (U+E00C), and nothing of it is in force.
    window.write("[data-testid=usual-only]", "\u{e00c}").await;
    window.gone("[data-testid=rules]").await;
    assert_eq!(settings(world), text("", ""));
    choose(&window, "edit-rules").await;
    window.shows("[data-testid=rules-draft]", "still here").await;
    window.shows("[data-testid=rules-sum]", "Of the latest 3, 1 would have alerted.").await;
    // Its text says the same.
    window.click("[data-testid=rules-view-text]").await;
    eventually("the text is that of the form", SHORT, async || {
        let value = window.value("[data-testid=rules-text]").await;
        value.contains("(?i)BUILD").then_some(()).ok_or(value)
    })
    .await;
    window.click("[data-testid=rules-view-usual]").await;

    // Quiet hours by keys alone: from 22:00 on Monday, two half hours on Tuesday too.
    window.click("[data-testid=quiet-open]").await;
    let cell = "[data-testid=week] [tabindex='0']";
    window.write(cell, " ").await;
    window.write(cell, "\u{e008}\u{e014}\u{e015}\u{e008}").await;
    picture(&desktop, &window, "form-quiet-hours").await;
    window.click("[data-testid=rules-save]").await;
    window.gone("[data-testid=rules]").await;
    let rules = "\n[[subscriptions.news.rules]]\nname = \"never for these tags\"\ntag = [\"nightly\"]\nthen = \
                 \"quiet\"\n\n[[subscriptions.news.rules]]\nname = \"only with these words\"\ntext = \
                 \"(?i)BUILD\"\n\n[[subscriptions.news.rules]]\nname = \"without these words\"\nthen = \
                 \"quiet\"\n";
    let hours = "\n[[quiet_hours]]\ndays = [\"mon\", \"tue\"]\nfrom = \"22:00\"\nto = \"23:00\"\n";
    assert_eq!(settings(world), text("", &format!("{rules}{hours}")));

    // What the form cannot say is shown as its text alone, and stays as it is.
    let more = "\n[[subscriptions.news.rules]]\n# noise\ntag = \"nightly\"\nthen = \"drop\"\n";
    world.settings(&text("", more));
    choose(&window, "edit-rules").await;
    window.shows("[data-testid=rules-more]", "say more than the form shows").await;
    eventually("their text is shown", SHORT, async || {
        let value = window.value("[data-testid=rules-text]").await;
        value.contains("# noise").then_some(()).ok_or(value)
    })
    .await;
    window.find("[data-testid=rules-view-usual]:disabled").await;
    picture(&desktop, &window, "form-rules-text").await;
    window.close().await;
}
