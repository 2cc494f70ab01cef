//! A set-up that is taken from one machine to another: by hand, and into an agent that runs.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::os::unix::fs::PermissionsExt;

use hark_tests::{LONG, World, eventually, hark::under_wine, sse::Server};

#[tokio::test]
async fn a_set_up_is_followed_by_an_agent_elsewhere_without_a_secret_having_gone_along() {
    let (first, second, server) = (World::new(), World::new(), Server::start().await);
    let url = server.url("/events");
    let add = ["add", &url, "--name", "Builds", "--feed", "json", "--unchecked"];
    first.hark(&[&add[..], &["-H", "X-Key: canary-5d1"]].concat()).await.ok();
    let file = first.path("set-up.toml").display().to_string();
    first.hark(&["export", &file]).await.ok();
    let exported = std::fs::read_to_string(&file).unwrap();
    // Windows has lists of who may read.
    if !under_wine() {
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert!(exported.contains(&url) && !exported.contains("canary-5d1"), "{exported}");
    assert_eq!(first.hark(&["export"]).await.ok(), exported);
    std::fs::remove_dir_all(first.path("profile/config/tokens")).unwrap();

    let _agent = second.agent().await;
    let plan = second.hark(&["import", &file, "--dry-run"]).await.ok();
    assert!(plan.contains("Would be followed: builds, at http://127.0.0.1:"), "{plan}");
    assert!(plan.contains("its credential is left out"), "{plan}");
    second.hark(&["import", &file]).await.refused(&["Nothing was changed", "--yes"]);
    assert!(second.status().await["links"].as_array().unwrap().is_empty());
    let said = second.hark(&["import", &file, "--yes"]).await.ok();
    assert!(said.contains("1 subscription was added."), "{said}");
    eventually("the agent follows it", LONG, async || {
        let status = second.status().await;
        let link = &status["links"][0];
        (link["subscription"] == "builds" && link["name"] == "Builds").then_some(()).ok_or(status)
    })
    .await;
    let client = server.client().await;
    assert_eq!(client.header("x-key"), None, "{}", client.request);
    let again = second.hark(&["import", &file, "--yes"]).await.ok();
    assert!(
        again.contains("Followed already: builds") && again.contains("Nothing is new"),
        "{again}"
    );

    let hostile =
        first.file("hostile.toml", "[subscriptions.a]\nurl = \"http://a/\"\n\"x\\u001b[2J\" = 1\n");
    let refused = second.hark(&["import", &hostile.display().to_string(), "--yes"]).await;
    refused.refused(&["line 3", "hostile.toml"]);
    assert!(!refused.err.contains('\u{1b}'), "{refused:?}");
}
