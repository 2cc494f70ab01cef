//! Messages of somebody who means no good, the whole way to a notification. An independent, strict parser
//! (Python's) reads the markup that is sent: it is whole, sets off words and does nothing else, and says what
//! the message says. The source before the title is the subscription's, whatever the message calls itself.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use hark_tests::{
    LONG, World,
    bus::Bus,
    eventually,
    fake::{Manners, Notifications, Notified, USUAL},
    ntfy::Ntfy,
};
use serde_json::{Value, json};

/// One that reads markup and has room for all buttons.
const MARKUP: Manners =
    Manners { name: "mako", capabilities: &["actions", "body", "body-markup"], ..USUAL };

/// Reads the markup of each body in a file, and says which elements it has and what it says.
const PARSER: &str = r#"
import json, sys, xml.etree.ElementTree as tree
said = []
for body in json.load(open(sys.argv[1])):
    root = tree.fromstring("<markup>" + body + "</markup>")
    inside = list(root.iter())[1:]
    assert not any(it.attrib for it in inside), body
    said.append({"elements": sorted({it.tag for it in inside}), "text": "".join(root.itertext())})
print(json.dumps(said))
"#;

const NAME: &str = "Builds";
/// What stands between the source and the title.
const BETWEEN: &str = " · ";
/// Lines of a body, and characters, at most.
const LINES_MAX: usize = 6;
const CHARS_MAX: usize = 300;
const TITLE_CHARS_MAX: usize = 200;

/// A message, and what its notification has to say.
struct Hostile {
    fields: Value,
    /// The title after the source; none where it says no more than that.
    title: Option<String>,
    /// The whole text; none where it is cut.
    text: Option<String>,
    /// What its text begins with.
    begins: String,
}

fn whole(fields: Value, title: &str, text: &str) -> Hostile {
    let title = Some(title.to_owned());
    Hostile { fields, title, text: Some(text.to_owned()), begins: String::new() }
}

/// A plain text that is shown as it is.
fn as_it_is(text: &str) -> Hostile {
    whole(json!({ "title": "t", "message": text }), "t", text)
}

/// A text in Markdown.
fn markdown(text: &str, says: &str) -> Hostile {
    let fields = json!({ "title": "t", "message": text, "content_type": "text/markdown" });
    whole(fields, "t", says)
}

/// A title that is shown as this.
fn titled(title: &str, says: &str) -> Hostile {
    whole(json!({ "title": title, "message": "x" }), says, "x")
}

/// A long text, which is cut.
fn long(text: String, is_markdown: bool, begins: &str) -> Hostile {
    let kind = if is_markdown { "text/markdown" } else { "text/plain" };
    let fields = json!({ "title": "t", "message": text, "content_type": kind });
    Hostile { fields, title: Some("t".into()), text: None, begins: begins.into() }
}

fn corpus() -> Vec<Hostile> {
    const KIB: usize = 1 << 10;
    let mut all = Vec::new();
    // Markup, whole and half, entities, and what ends other markup.
    for text in [
        "<b>x</b>",
        "<img src=\"file:///etc/passwd\"/>",
        "<a href='https://a.example/'>your bank</a>",
        "<b><i>x</b></i>",
        "<b",
        "b>",
        "</markup>",
        "</b></i></span>",
        "&lt;b&gt; &amp;amp; &#60;b&#62; &#x3c;",
        "&",
        "&bogus; &#0; &#x0; &#xD800;",
        "<![CDATA[<b>x</b>]]>",
        "]]>",
        "<!-- x --><?xml version='1.0'?><!DOCTYPE x [<!ENTITY y 'z'>]>&y;",
        "<span font_size=\"999999\">x</span>",
        "'\"`$(id)\\",
        "%s %n {0} ${HOME}",
    ] {
        all.push(as_it_is(text));
        // In Markdown raw HTML is text, too.
        let sent = json!({ "title": text, "message": text });
        all.push(whole(sent, text, text));
    }
    all.extend([
        markdown("<b>x</b> & <i>y", "<b>x</b> & <i>y"),
        markdown("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
        markdown("**a <b>b</b> *c* d**", "a <b>b</b> c d"),
        markdown("***x*** **_y_** _**z**_ __*w*__", "x y z w"),
        markdown("**open *half", "**open *half"),
        markdown("[your bank](https://evil.example/\"><b>x</b>)", "your bank"),
        markdown("![<b>](https://a.example/x.png)", "<b>"),
        markdown("`</b>&amp;`", "</b>&amp;"),
        markdown("```\n<b>x</b>\n```", "<b>x</b>"),
        markdown("&lt;b&gt;&amp;lt;", "<b>&lt;"),
        markdown("# <script>\n> <b>\n- </i>", "<script>\n<b>\n• </i>"),
    ]);
    // Characters that disguise, command or are not seen.
    all.extend([
        whole(json!({ "title": "t", "message": "a\u{202e}b\u{2066}c\u{2069}" }), "t", "abc"),
        whole(json!({ "title": "t", "message": "a\u{0}b\u{8}c\u{1b}[31md\u{7f}\u{9b}" }), "t", "abc[31md"),
        whole(json!({ "title": "t", "message": "a\r\nb\rc" }), "t", "a\nb\nc"),
        whole(json!({ "title": "t", "message": "\n\n \n\u{200b}\n\u{2800}\na\n\n" }), "t", "a"),
        whole(json!({ "title": "t", "message": "a\u{2028}b\u{2029}c" }), "t", "a\nb\nc"),
        whole(
            json!({ "title": "t", "message": "a\u{200d}b\u{200b}c\u{fe0f}" }),
            "t",
            "a\u{200d}bc\u{fe0f}",
        ),
        as_it_is("\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} \u{1f1e9}\u{1f1ea} 👍🏽 \u{1f3f4}\u{e0067}\u{e0062}\u{e007f}"),
        as_it_is("שלום <b>, مرحبا & 你好"),
        as_it_is("e\u{301}\u{300}\u{302}"),
        whole(json!({ "title": "t", "message": "a\u{fffe}b\u{ffff}c\u{fff9}" }), "t", "abc"),
        titled("a\nb\r\nBank · pay", "a b Bank · pay"),
        titled("a\u{2028}Bank · pay", "a Bank · pay"),
        titled("\u{202e}yap · knaB", "yap · knaB"),
        titled("Bank · pay", "Bank · pay"),
        titled(" · Bank", "· Bank"),
        titled("\u{200f}Bank\u{200e} · \u{200f}pay", "\u{200f}Bank\u{200e} · \u{200f}pay"),
        titled("Builds · Bank", "Builds · Bank"),
        titled("Hark", "Hark"),
        titled("<b>x</b>&amp;", "<b>x</b>&amp;"),
    ]);
    // A title that is not seen is none: then the source alone is.
    for title in ["\u{200b}", "\u{2800}\u{3164}", "\u{200e}\u{2060}", "\u{ad}"] {
        let fields = json!({ "title": title, "message": "x" });
        all.push(Hostile { fields, title: None, text: Some("x".into()), begins: String::new() });
    }
    // Beside the text.
    all.extend([
        whole(
            json!({ "title": "t", "message": "x", "tags": ["<b>x</b>", "skull", "&amp;", "a\nb"] }),
            "💀 t",
            "x",
        ),
        whole(
            json!({ "title": "t", "message": "x", "attachment": {
                "name": "../../.ssh/<b>id</b>", "url": "http://127.0.0.1:1/x", "size": -1 } }),
            "t",
            "x",
        ),
        whole(
            json!({ "title": "t", "message": "x", "click": "javascript:alert(1)", "icon": "file:///x",
                "actions": [{ "action": "view", "label": "<b>\n\u{202e}x", "url": "https://a.example/" },
                    { "action": "view", "label": "default", "url": "data:text/html,x" }] }),
            "t",
            "x",
        ),
    ]);
    // Long ones.
    let wide = "<b>&".repeat(16 * KIB);
    all.extend([
        long(wide.clone(), false, "<b>&<b>&"),
        long(wide, true, ""),
        long("**".repeat(32 * KIB), true, ""),
        long("> ".repeat(4 * KIB) + "x", true, ""),
        long("*_".repeat(8 * KIB) + "x", true, ""),
        long(format!("**{}**", "x<".repeat(4 * KIB)), true, "x<x<"),
        long("a\n".repeat(20 * KIB), false, "a\na\na"),
        long("a\u{2028}".repeat(10 * KIB), false, "a\na\na"),
        long("\u{1f468}\u{200d}".repeat(5 * KIB), false, "\u{1f468}"),
        long("e".to_owned() + &"\u{301}".repeat(9 * KIB), false, "e"),
    ]);
    let title = "<T>".repeat(4 * KIB / 3);
    let fields = json!({ "title": title, "message": "x" });
    let shown = TITLE_CHARS_MAX - NAME.len() - BETWEEN.chars().count() - 1;
    let cut: String = title.chars().take(shown).chain(['…']).collect();
    all.push(whole(fields, &cut, "x"));
    all
}

/// What a strict parser reads in each body.
async fn read(world: &World, calls: &[Notified]) -> Vec<(Vec<String>, String)> {
    let bodies: Vec<&str> = calls.iter().map(|call| call.body.as_str()).collect();
    let bodies = world.file("bodies.json", serde_json::to_string(&bodies).unwrap());
    let parser = world.file("parser.py", PARSER);
    let args = [parser.to_str().unwrap(), bodies.to_str().unwrap()];
    let out = world.run("python3".as_ref(), &args).await.ok();
    let said: Vec<Value> = serde_json::from_str(&out).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let one = |it: &Value| {
        let elements = it["elements"].as_array().unwrap().iter().map(text).collect();
        (elements, text(&it["text"]))
    };
    said.iter().map(one).collect()
}

#[tokio::test]
async fn no_message_says_anything_else_than_its_own_words_under_another_name() {
    let mut world = World::new();
    let bus = Bus::start(&mut world).await;
    let mut screen = Notifications::with(MARKUP, &bus).await;
    let ntfy = Ntfy::start().await;
    let table = |key: &str, name: &str, topic: &str| {
        let url = ntfy.url(topic);
        format!("[subscriptions.{key}]\nname = \"{name}\"\nurl = \"{url}\"\nfeed = \"ntfy\"\n")
    };
    world.settings(&(table("builds", NAME, "/a") + &table("bank", "Bank", "/b")));
    let mut agent = world.agent().await;
    world.caught_up("builds").await;
    let corpus = corpus();
    let mut calls = Vec::new();
    for hostile in &corpus {
        ntfy.publish_as("message", "a", hostile.fields.clone());
        let shown = screen.next().await;
        screen.dismiss(shown.id).await;
        calls.push(shown);
        // Then there is a place for the next one.
        eventually("it is told to be gone", LONG, async || {
            let latest = world.all_messages().await.pop();
            latest.filter(|it| it.dismissed.is_some()).ok_or("it is not").map(drop)
        })
        .await;
    }
    assert!(agent.is_running());
    for ((hostile, call), (elements, text)) in
        corpus.iter().zip(&calls).zip(read(&world, &calls).await)
    {
        let title = hostile.title.as_ref();
        let wanted = title.map_or(NAME.to_owned(), |title| format!("{NAME}{BETWEEN}{title}"));
        assert_eq!(call.summary, wanted, "{call:?}");
        assert!(elements.iter().all(|it| it == "b" || it == "i"), "{elements:?}: {call:?}");
        match &hostile.text {
            Some(wanted) => assert_eq!(&text, wanted, "{call:?}"),
            None => assert!(text.starts_with(&hostile.begins), "{call:?}"),
        }
        assert!(text.lines().count() <= LINES_MAX, "{call:?}");
        assert!(text.chars().count() <= CHARS_MAX, "{call:?}");
        let odd =
            |char: char| char.is_control() || "\u{202e}\u{2066}\u{2028}\u{2029}".contains(char);
        assert!(!text.replace('\n', "").contains(odd), "{call:?}");
        for (key, label) in &call.actions {
            assert!(!label.contains(odd) && label.chars().count() <= 40, "{call:?}");
            let ours = ["default", "show", "read", "snooze", "open:0"];
            assert!(ours.contains(&key.as_str()), "{call:?}");
        }
    }
    assert_eq!(world.all_messages().await.len(), corpus.len(), "each is kept");
}
