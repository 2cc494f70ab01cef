//! The pictures of messages: none is ever asked for where the person has not said so, what is asked for tells
//! nothing of the person, and whatever a server sends for one, the message is shown.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::time::{Duration, Instant};

use hark_tests::{
    LONG, Running, World,
    bus::Bus,
    eventually,
    fake::{Notifications, Notified, Pixels},
    ntfy::Ntfy,
    recorder::Recorder,
    sse,
};
use serde_json::{Value, json};

/// 40 × 20 pixels, red on the left and blue on the right.
const JPEG: &[u8] =
    include_bytes!("../src-tauri/crates/platform/src/picture/fixtures/baseline.jpg");
const WEBP: &[u8] = include_bytes!("../src-tauri/crates/platform/src/picture/fixtures/lossy.webp");
/// Far more than a notification may wait for its picture.
const FAR_TOO_LATE: Duration = Duration::from_secs(10);

/// An agent that follows a topic, and a server that pictures may come from.
struct Followed {
    ntfy: Ntfy,
    screen: Notifications,
    recorder: Recorder,
    _parts: (Bus, Running),
    // The last to go: what runs in it ends with it.
    world: World,
}

impl Followed {
    /// With these lines in the settings; `PICTURES` in them is where pictures are.
    async fn start(lines: &str) -> Self {
        let mut world = World::new();
        world.set("HARK_TEST_TOKEN", "s3cret");
        let bus = Bus::start(&mut world).await;
        let mut screen = Notifications::start(&bus).await;
        let (ntfy, recorder) = (Ntfy::start().await, Recorder::start().await);
        ntfy.protect("news", "s3cret");
        let (url, lines) = (ntfy.url("/news/sse"), lines.replace("PICTURES", &recorder.url("")));
        world.settings(&format!(
            "[subscriptions.news]\nurl = \"{url}\"\nfeed = \"ntfy\"\nbearer = {{ env = \
             \"HARK_TEST_TOKEN\" }}\n{lines}\n"
        ));
        let agent = world.agent().await;
        world.caught_up("news").await;
        ntfy.alerts("news", &mut screen).await;
        Self { ntfy, screen, recorder, _parts: (bus, agent), world }
    }

    fn publish(&self, title: &str, mut fields: Value) {
        (fields["title"], fields["message"]) = (json!(title), json!("open"));
        self.ntfy.publish_as("message", "news", fields);
    }

    /// Publishes a message with these fields; answers its notification.
    async fn shown(&mut self, title: &str, fields: Value) -> Notified {
        self.publish(title, fields);
        loop {
            let shown = self.screen.next().await;
            self.screen.dismiss(shown.id).await;
            // One of the first ones may still come.
            if shown.summary == title {
                return shown;
            }
        }
    }
}

fn file(url: &str) -> Value {
    json!({ "attachment": { "name": "door.jpg", "type": "image/jpeg", "size": 759, "url": url } })
}

fn ok(head: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\n{head}Content-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// Whether it is the picture of the tests, as far as its colours tell.
fn is_ours(picture: Option<&Pixels>) -> bool {
    let Some(Pixels { width: 40, height: 20, rgba }) = picture else { return false };
    let (left, right) = (&rgba[..4], &rgba[39 * 4..40 * 4]);
    left[0] > 150 && left[2] < 100 && right[2] > 150 && right[0] < 100
}

const ON: &str = "pictures = true\npictures_from = [\"PICTURES\"]";

#[tokio::test]
async fn a_picture_is_shown_and_asking_for_it_tells_nothing_of_the_person() {
    let mut it = Followed::start(ON).await;
    // What it is called and what it says that it is does not count.
    for (head, bytes) in [("Content-Type: image/png\r\n", JPEG), ("Set-Cookie: a=b\r\n", WEBP)] {
        it.recorder.answer(ok(head, bytes));
        let shown = it.shown("Door", file(&it.recorder.url("/door.jpg?at=7#x"))).await;
        assert!(is_ours(shown.picture.as_ref()), "{shown:?}");
        assert_eq!((shown.replaces, shown.body.as_str()), (0, "open"));
        let asked = it.recorder.next().await;
        assert_eq!((asked.line.as_str(), asked.body.as_str()), ("GET /door.jpg?at=7 HTTP/1.1", ""));
        let headers: Vec<(&str, &str)> =
            asked.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let host = format!("127.0.0.1:{}", it.recorder.port);
        let agent = format!("hark/{}", env!("CARGO_PKG_VERSION"));
        let wanted = [
            ("accept", "image/webp, image/png, image/jpeg"),
            ("accept-encoding", "identity"),
            ("cache-control", "no-cache"),
            ("host", host.as_str()),
            ("user-agent", agent.as_str()),
        ];
        assert_eq!(headers, wanted);
    }
    // An icon is one as well; what has neither waits for nothing.
    let shown = it.shown("Icon", json!({ "icon": it.recorder.url("/icon") })).await;
    assert!(is_ours(shown.picture.as_ref()), "{shown:?}");
    let shown = it.shown("Plain", json!({})).await;
    assert!(!is_ours(shown.picture.as_ref()), "{shown:?}");
    assert_eq!(it.recorder.next().await.line, "GET /icon HTTP/1.1");
    assert!(
        it.recorder.is_quiet().await && it.screen.calls.try_recv().is_err(),
        "each is sent once"
    );
}

#[tokio::test]
async fn nothing_is_asked_for_where_the_person_has_not_said_so() {
    for lines in [
        "",
        "pictures_from = [\"PICTURES\"]",
        // From another server than its own.
        "pictures = true",
        "pictures = true\npictures_from = [\"https://cdn.example\"]",
        "pictures = true\npictures_from = [\"PICTURES\"]\nhide_content = true",
    ] {
        let mut it = Followed::start(lines).await;
        it.recorder.answer(ok("", JPEG));
        let title = if lines.contains("hide") { "A message from news" } else { "Door" };
        it.publish("Door", file(&it.recorder.url("/door.jpg")));
        let shown = loop {
            let shown = it.screen.next().await;
            if shown.summary == title && !shown.body.contains("begin") {
                break shown;
            }
        };
        assert!(!is_ours(shown.picture.as_ref()), "{lines}: {shown:?}");
        assert!(it.recorder.is_quiet().await, "{lines}");
    }
}

#[tokio::test]
async fn nothing_is_asked_for_in_a_silence_or_for_what_was_missed() {
    let mut it = Followed::start(ON).await;
    it.recorder.answer(ok("", JPEG));
    it.world.hark(&["snooze", "news", "--for", "1h"]).await.ok();
    let picture = file(&it.recorder.url("/door.jpg"));
    it.publish("Door", picture.clone());
    eventually("it is held back", LONG, async || {
        let messages = it.world.messages().await;
        let last = messages.last().cloned().unwrap_or_default();
        let is_held = last["title"] == "Door" && last["shown"] == "held";
        is_held.then_some(()).ok_or(last)
    })
    .await;
    it.world.hark(&["wake"]).await.ok();
    let shown = it.screen.next().await;
    assert!(!is_ours(shown.picture.as_ref()), "{shown:?}");
    assert!(it.recorder.is_quiet().await);
    // And now it is.
    let shown = it.shown("Door again", picture).await;
    assert!(is_ours(shown.picture.as_ref()), "{shown:?}");
}

#[tokio::test]
async fn a_picture_that_never_comes_delays_nothing() {
    let mut it = Followed::start(ON).await;
    let never = sse::Server::start().await;
    let began = Instant::now();
    // Its server is named by the same host, and so not dialled unless it is allowed.
    it.recorder.answer(format!("HTTP/1.1 302 Found\r\nLocation: {}\r\n\r\n", never.url("/never")));
    let shown = it.shown("Elsewhere", file(&it.recorder.url("/door.jpg"))).await;
    assert!(!is_ours(shown.picture.as_ref()) && began.elapsed() < FAR_TOO_LATE);
    assert!(never.client_within(Duration::from_millis(50)).await.is_none());

    let lines = format!("pictures = true\npictures_from = [\"{}\"]", never.url(""));
    let mut it = Followed::start(&lines).await;
    let began = Instant::now();
    it.publish("Door", file(&never.url("/never.jpg")));
    // It is asked, does not answer, and the connection is still there when the message is shown.
    let asked = never.client().await;
    let shown = it.screen.next().await;
    assert_eq!((shown.summary.as_str(), is_ours(shown.picture.as_ref())), ("Door", false));
    assert!(began.elapsed() < FAR_TOO_LATE, "{:?}", began.elapsed());
    drop(asked);
    // What has no picture does not wait for one that has, nor do others of its kind.
    it.publish("Slow", file(&never.url("/never.jpg")));
    let asked = never.client().await;
    it.publish("Plain", json!({}));
    for title in ["Slow", "Plain"] {
        let shown = it.screen.next().await;
        it.screen.dismiss(shown.id).await;
        assert_eq!(shown.summary, title);
    }
    drop(asked);
    assert!(it.screen.calls.try_recv().is_err(), "each is sent once");
}

#[tokio::test]
async fn whatever_comes_for_a_picture_the_message_is_shown() {
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>";
    // 50,000 × 50,000, by its header.
    let large = [
        &b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..],
        &50_000_u32.to_be_bytes(),
        &50_000_u32.to_be_bytes(),
        &[8, 2, 0, 0, 0, 0, 0, 0, 0],
    ]
    .concat();
    let answers = [
        ok("Content-Type: image/png\r\n", &large),
        ok("Content-Type: image/svg+xml\r\n", svg),
        ok("Content-Type: image/jpeg\r\n", &JPEG[..300]),
        ok("", b""),
        ok("", &vec![0xff; (1 << 20) + 1]),
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec(),
        b"HTTP/1.1 302 Found\r\nLocation: /round\r\nContent-Length: 0\r\n\r\n".to_vec(),
        b"".to_vec(),
        b"nonsense\r\n\r\n".to_vec(),
    ];
    // More at once have none.
    for answers in answers.chunks(5) {
        let mut it = Followed::start(ON).await;
        for answer in answers {
            it.recorder.answer(answer);
            let shown = it.shown("Door", file(&it.recorder.url("/door.jpg"))).await;
            assert!(!is_ours(shown.picture.as_ref()), "{shown:?}");
            assert!(it.recorder.next().await.line.starts_with("GET /door.jpg "));
            while !it.recorder.is_quiet().await {}
        }
        it.recorder.answer(ok("", JPEG));
        let shown = it.shown("Door", file(&it.recorder.url("/door.jpg"))).await;
        assert!(is_ours(shown.picture.as_ref()), "{shown:?}");
    }
}

#[tokio::test]
async fn a_storm_asks_for_no_more_pictures_than_there_are_places() {
    let mut it = Followed::start(ON).await;
    it.recorder.answer(ok("", JPEG));
    for number in 0..40 {
        it.publish(&format!("Door {number}"), file(&it.recorder.url("/door.jpg")));
    }
    while !it.screen.next().await.body.contains("messages") {}
    let mut asked = 0;
    while !it.recorder.is_quiet().await {
        asked += 1;
    }
    assert!((1..=6).contains(&asked), "{asked}");
}
