//! Messages of somebody who means no good, opened in the real web view: nothing of them runs, asks for anything or
//! leads anywhere, and the page goes on working.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use hark_tests::{LONG, SHORT, desktop::Desktop, eventually, ntfy::Ntfy, window::Window};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

/// A server that the messages name, and that nobody may ask.
struct Canary {
    port: u16,
    asked: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Canary {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, asked) = (listener.local_addr().unwrap().port(), Arc::<AtomicUsize>::default());
        let count = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            loop {
                listener.accept().await.unwrap();
                count.fetch_add(1, SeqCst);
            }
        });
        Self { port, asked, task }
    }

    fn asked(&self) -> usize {
        self.asked.load(SeqCst)
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Texts that a page which reads them as anything else than text would run, fetch or go to.
fn texts(canary: &str) -> Vec<String> {
    let run = "window.pwned=1;alert(1)";
    let mut all: Vec<String> = [
        format!("<script>{run}</script>"),
        format!("<script src=\"{canary}/x.js\"></script>"),
        format!("<img src=x onerror=\"{run}\">"),
        format!("<img src=\"{canary}/x.png\"><image href=\"{canary}/x.png\">"),
        format!("<svg onload=\"{run}\"><use href=\"{canary}/x.svg#x\"/></svg>"),
        format!("<svg><script>{run}</script></svg>"),
        format!("<math><mtext></p><style><img src=x onerror={run}></style></mtext></math>"),
        format!("<iframe src=\"javascript:{run}\"></iframe><iframe srcdoc=\"<script>parent.pwned=1</script>\">"),
        format!("<meta http-equiv=refresh content=\"0;url={canary}/\"><base href=\"{canary}/\">"),
        format!("<link rel=stylesheet href=\"{canary}/x.css\"><link rel=preconnect href=\"{canary}\">"),
        format!("<style>@import '{canary}/x.css'; body {{ background: url({canary}/x.png) }}</style>"),
        format!("<form action=\"{canary}/\"><input autofocus onfocus=\"{run}\"></form>"),
        format!("<video src=\"{canary}/x.mp4\" autoplay><audio src=\"{canary}/x.mp3\" autoplay>"),
        format!("<object data=\"{canary}/x\"></object><embed src=\"{canary}/x\">"),
        format!("<details open ontoggle=\"{run}\">x</details><body onload=\"{run}\">"),
        format!("</p></div></main></body></html><script>{run}</script>"),
        format!("[a](javascript:{run}) [b](JaVaScRiPt:{run}) [c](&#106;avascript:{run}) [d](java\tscript:{run})"),
        format!("[a](data:text/html,<script>{run}</script>) [b](vbscript:x) [c](file:///etc/passwd) [d](tauri://localhost/) [e](ipc://localhost/call)"),
        format!("![a]({canary}/1.png) ![b][ref] [![c]({canary}/2.png)]({canary}/3)\n\n[ref]: {canary}/4.png"),
        format!("<{canary}/5> {canary}/6 <javascript:{run}>"),
        format!("[x]: javascript:{run}\n\n[x] [x][x]"),
        format!("[a](<javascript:{run}> \"title\") ![a](\"onerror={run})"),
        "`<script>`\n\n    <b>\n\n```html\n<script>window.pwned=1</script>\n```".to_owned(),
        "{@html '<img src=x onerror=window.pwned=1>'} {{constructor.constructor('window.pwned=1')()}} ${window.pwned=1}".to_owned(),
        "constructor __proto__ [__proto__](https://a.example/__proto__)".to_owned(),
        "\u{202e}moc.knab//:sptth\u{2066} [\u{202e}elpmaxe.knab](https://evil.example/) \u{0}\u{8}\u{1b}[31m\u{2028}\u{feff}".to_owned(),
        "https://bank.example@evil.example/ https://user:secret@evil.example/ https://bank.example%2f@evil.example".to_owned(),
        "[https://bank.example](https://evil.example) [bank.example](https://evil.example/bank.example)".to_owned(),
        "[https://bank.example/](https://bank.example@evil.example/) [bаnk.example](https://xn--bnk-5cd.example/)".to_owned(),
    ]
    .into();
    // What is deep, long or ambiguous.
    all.extend([
        "> ".repeat(10_000) + "deep",
        "- ".repeat(10_000) + "deep",
        "[".repeat(10_000) + "deep",
        "*_".repeat(10_000) + "deep",
        "![".repeat(5_000) + "deep",
        "`".repeat(9_999) + " x " + &"`".repeat(9_998),
        "<b>&amp;".repeat(16 << 10),
        "[a](https://evil.example/) ".repeat(8 << 10),
        "x".repeat(200 << 10),
        "e".to_owned() + &"\u{301}".repeat(20_000),
    ]);
    all
}

/// Notes what a page does that it must not: it is put in before anything of a stranger's is shown.
const WATCH: &str = "window.seen = [];
    const see = (what) => window.seen.push(what);
    window.alert = window.confirm = window.prompt = () => see('a dialog');
    window.open = () => see('a window');
    addEventListener('securitypolicyviolation', (it) => see(`${it.effectiveDirective} ${it.blockedURI}`));
    addEventListener('error', (it) => see(`error: ${it.message}`));
    addEventListener('unhandledrejection', (it) => see(`rejection: ${it.reason}`));
    addEventListener('beforeunload', () => see('left'));
    window.born = document;";

/// What is amiss in the page now; and that it is the same page still.
const AMISS: &str = "const wrong = [...window.seen ?? ['another page']];
    if (window.pwned !== undefined) wrong.push('a script ran');
    if (window.born !== document) wrong.push('another document');
    if (!/^(tauri:\\/\\/localhost|https?:\\/\\/tauri\\.localhost)\\/(index\\.html)?/.test(location.href)) wrong.push(location.href);
    const inside = 'script, img, image, iframe, object, embed, video, audio, link, style, base, meta, form, a, math, details';
    // A picture comes from the agent alone, by the message's number.
    const ours = (one) => one.matches('img[data-testid=picture]') && /^hark-picture:\\/\\/localhost\\/\\d+$/.test(one.src);
    for (const one of document.querySelectorAll(`[data-testid=message] :is(${inside}), aside :is(${inside})`))
        if (!ours(one))
        wrong.push(`an element: ${one.outerHTML.slice(0, 200)}`);
    for (const one of document.querySelectorAll('[data-testid=message] *, aside *'))
        for (const { name } of one.attributes) if (!ours(one) && /^on|^(src|href|srcdoc|style|action)$/.test(name)) wrong.push(`${name}: ${one.outerHTML.slice(0, 200)}`);
    return wrong;";

#[tokio::test]
async fn nothing_of_a_message_runs_asks_or_leads_anywhere() {
    let desktop = Desktop::start().await;
    let world = &desktop.world;
    let canary = Canary::start().await;
    let at = format!("http://127.0.0.1:{}", canary.port);
    let ntfy = Ntfy::start().await;
    world.settings(&format!(
        "[subscriptions.builds]\nname = \"Builds\"\nurl = \"{}\"\nfeed = \"ntfy\"\nevent_max = \"4 MiB\"\n",
        ntfy.url("/b")
    ));
    let _agent = world.agent_with(&[]).await;
    world.caught_up("builds").await;
    let window = Window::open(world).await;
    window.find_within("[data-testid=no-messages]", LONG).await;
    window.run(WATCH, Vec::new()).await;

    let texts = texts(&at);
    let mut sent = 0;
    for text in &texts {
        for kind in ["text/plain", "text/markdown"] {
            let title: String = text.chars().take(300).collect();
            let fields = json!({
                "title": title, "message": text, "content_type": kind, "tags": [title, "<b>", "x"],
                "icon": format!("{at}/icon.png"), "click": format!("{at}/click"),
                "attachment": { "name": title, "url": format!("{at}/attached.png"), "type": "image/png", "size": 9 },
                "actions": [{ "id": "a", "action": "view", "label": title, "url": format!("{at}/act") },
                    { "id": "b", "action": "view", "label": "x", "url": "javascript:window.pwned=1" }],
            });
            ntfy.publish_as("message", "b", fields);
            sent += 1;
            open_latest(&window, sent).await;
            let amiss = window.run(AMISS, Vec::new()).await;
            assert_eq!(amiss, json!([]), "{kind}: {}", &title);
        }
    }
    desktop.picture("hostile").await;

    // A link shows where it leads where its words name another place.
    let fields = json!({ "title": "Pay", "content_type": "text/markdown",
        "message": "[https://bank.example](https://evil.example/pay) and [bank.example](https://evil.example/)" });
    ntfy.publish_as("message", "b", fields);
    open_latest(&window, sent + 1).await;
    window.shows("[data-testid=detail]", "(evil.example)").await;
    let html =
        window.run("return document.querySelector('[data-testid=detail]').innerText", Vec::new());
    let text = html.await.as_str().unwrap().to_owned();
    assert_eq!(text.matches("(evil.example)").count(), 2, "{text}");
    desktop.picture("hostile-link").await;
    // The page works still, by its own parts.
    window.click("[data-testid=nav-connections]").await;
    window.find("[data-testid=link]").await;
    window.click("[data-testid=nav-messages]").await;
    window.write("[data-testid=search]", "bank").await;
    window.shows("mark", "bank").await;
    assert_eq!(window.run(AMISS, Vec::new()).await, json!([]));
    let windows = window.run("return window.length", Vec::new()).await;
    assert_eq!(windows, 0, "no frames");
    assert_eq!(canary.asked(), 0, "somebody asked for what a message named");
    // And the watch is awake: what is not the page's own is blocked and seen.
    window.run("new Image().src = arguments[0]", vec![json!(format!("{at}/x.png"))]).await;
    window.says("window.seen.some((it) => it.startsWith('img-src'))", true).await;
    assert_eq!(canary.asked(), 0, "the policy has let something through");
    window.close().await;
}

/// Opens the message that came last, once so many have come, and waits until all of it is there.
async fn open_latest(window: &Window, count: usize) {
    let script = "const row = document.querySelector('[data-testid=message]');
        if (row?.dataset.id !== arguments[0]) return row?.dataset.id ?? 'none';
        const open = row.querySelector('[data-testid=open-message]');
        if (open.getAttribute('aria-expanded') !== 'true') open.click();
        return !!row.querySelector('[data-testid=detail]');";
    let id = count.to_string();
    eventually(&format!("message {id} is open"), SHORT, async || {
        let said = window.run(script, vec![json!(id)]).await;
        if said == Value::Bool(true) { Ok(()) } else { Err(said.to_string()) }
    })
    .await;
}
