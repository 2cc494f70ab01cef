//! The picture of a message in the real window: what the agent has decoded, where the person wants pictures, and
//! nothing where not.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use hark_tests::{desktop::Desktop, ntfy::Ntfy, recorder::Recorder, window::Window};
use serde_json::json;

/// 40 × 20 pixels.
const JPEG: &[u8] =
    include_bytes!("../src-tauri/crates/platform/src/picture/fixtures/baseline.jpg");

#[tokio::test]
async fn a_picture_is_shown_in_the_window_where_it_is_wanted() {
    let desktop = Desktop::start().await;
    let Desktop { world, .. } = &desktop;
    let (ntfy, mut recorder) = (Ntfy::start().await, Recorder::start().await);
    let (door, other) = (ntfy.url("/door/sse"), ntfy.url("/other/sse"));
    let pictures = recorder.url("");
    world.settings(&format!(
        "[subscriptions.door]\nurl = \"{door}\"\nfeed = \"ntfy\"\npictures = true\n\
         pictures_from = [\"{pictures}\"]\n[subscriptions.other]\nurl = \"{other}\"\nfeed = \"ntfy\"\n"
    ));
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", JPEG.len());
    recorder.answer([head.as_bytes(), JPEG].concat());
    let _agent = world.agent_with(&[]).await;
    for topic in ["door", "other"] {
        world.caught_up(topic).await;
    }
    let url = recorder.url("/door.jpg");
    let attachment = json!({ "name": "door.jpg", "type": "image/jpeg", "size": 759, "url": url });
    for topic in ["other", "door"] {
        let fields = json!({ "title": topic, "message": "open", "attachment": attachment });
        ntfy.publish_as("message", topic, fields);
    }
    let stored = world.stored(2).await;
    let row = |topic: &str| {
        let message = stored.iter().find(|message| message["title"] == topic).unwrap();
        format!("[data-testid=message][data-id=\"{}\"]", message["id"])
    };
    let window = Window::open(world).await;
    window.click(&format!("{} [data-testid=open-message]", row("door"))).await;
    let picture = format!("{} [data-testid=picture]", row("door"));
    let size = |size: &str| format!("document.querySelector('{picture}')?.{size}");
    window.says(&format!("{} === 40", size("naturalWidth")), true).await;
    window.says(&format!("{} === 20", size("naturalHeight")), true).await;
    window.drawn().await;
    desktop.picture("window-picture").await;

    window.click(&format!("{} [data-testid=open-message]", row("other"))).await;
    window.gone(&format!("{} [data-testid=picture]", row("other"))).await;
    window.close().await;
    // For the notification and for who looked at it: "other" would make a third one.
    for _ in 0..2 {
        assert_eq!(recorder.next().await.line, "GET /door.jpg HTTP/1.1");
    }
    assert!(recorder.is_quiet().await, "a picture was asked for that is not wanted");
}
