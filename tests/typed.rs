//! A secret that is typed into a form and never saved, or not for the server that it was typed for.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::fs;

use hark_api::{
    AddSubscription, Credential, EditSubscription, OptionValue, OptionsQuery,
    route::{self, Verb},
};
use hark_tests::{LONG, World, eventually, sse::Server};

const CANARY: &str = "c4nary-in-a-form";

/// Types a secret for this address, as the window's form does; answers what names it.
async fn typed(world: &World, url: &str) -> Credential {
    let body = format!(r#"{{"url":"{url}","secret":"{CANARY}"}}"#);
    let said = world.client().call_raw(Verb::Post, "/v1/secrets", body.into()).await.unwrap();
    serde_json::from_slice(&said).unwrap()
}

#[tokio::test]
async fn what_was_never_saved_is_gone_after_a_kill_and_what_was_stays() {
    let world = World::new();
    let own = world.folder("profile/config/tokens").join("own");
    fs::write(&own, CANARY).unwrap();
    world.settings("[subscriptions.a]\nurl = \"http://127.0.0.1:1/\"\n");
    let agent = world.agent().await;
    let saved = typed(&world, "http://127.0.0.1:2/").await;
    let new = AddSubscription {
        url: "http://127.0.0.1:2/".into(),
        bearer: Some(saved),
        unchecked: true,
        ..AddSubscription::default()
    };
    world.client().call(&route::ADD, &new).await.unwrap();
    typed(&world, "http://lost.example/").await;
    let waiting = ["127.0.0.1", "lost.example", "lost.example", "own"];
    assert_eq!(world.files_with(CANARY), waiting);
    agent.kill();

    // While the settings cannot be read nothing is known to be named by none.
    let path = world.path("profile/config/config.toml");
    let good = fs::read_to_string(&path).unwrap();
    world.settings("[subscriptions");
    let agent = world.agent().await;
    world.told("settings_invalid", true).await;
    assert_eq!(world.files_with(CANARY), waiting);
    world.settings(&good);
    eventually("what was never saved is gone", LONG, async || {
        let files = world.files_with(CANARY);
        (files == ["127.0.0.1", "own"]).then_some(()).ok_or(files.join(", "))
    })
    .await;
    agent.kill();
    let _agent = world.agent().await;
    assert_eq!(world.files_with(CANARY), ["127.0.0.1", "own"]);
}

#[tokio::test]
async fn what_was_typed_for_one_server_is_sent_to_no_other() {
    let world = World::new();
    let (right, wrong) = (Server::start().await, Server::start().await);
    world.settings("");
    let _agent = world.agent().await;
    let kept = typed(&world, &right.url("/")).await;
    for (url, found) in [(wrong.url("/"), None), (right.url("/"), Some(wrong.url("/")))] {
        let found = found.map(|url| hark_api::Found {
            url,
            recognised: hark_api::Recognised {
                feed: "json".into(),
                called: "JSON".into(),
                certainty: hark_api::Certainty::Guess,
                reason: String::new(),
            },
            warning: None,
        });
        let unchecked = found.is_none();
        let bearer = Some(kept.clone());
        let new = AddSubscription { url, bearer, found, unchecked, ..AddSubscription::default() };
        let refused = world.client().call(&route::ADD, &new).await.unwrap_err().to_string();
        assert!(refused.contains("is for http://127.0.0.1:"), "{refused}");
    }
    let new = AddSubscription {
        url: right.url("/"),
        bearer: Some(kept),
        unchecked: true,
        ..AddSubscription::default()
    };
    world.client().call(&route::ADD, &new).await.unwrap();
    let client = right.client().await;
    assert_eq!(client.header("authorization"), Some(&*format!("Bearer {CANARY}")));
    assert!(wrong.client_within(std::time::Duration::ZERO).await.is_none());
}

#[tokio::test]
async fn what_is_for_sending_goes_to_no_other_server_with_an_edit_of_the_address() {
    let world = World::new();
    let token = world.file("token", CANARY);
    let token = token.display();
    world.settings(&format!(
        "[subscriptions.a]\nurl = \"http://127.0.0.1:1/alerts\"\nfeed = \"ntfy\"\n\
         publish = {{ bearer = {{ file = \"{token}\" }} }}\n\
         [subscriptions.b]\nurl = \"http://127.0.0.1:1/other\"\nfeed = \"ntfy\"\n\
         bearer = {{ file = \"{token}\" }}\npublish = {{ url = \"http://127.0.0.1:2/other\" }}\n"
    ));
    let _agent = world.agent().await;
    let edited = async |subscription: &str, name: &str, value: Option<OptionValue>| {
        let query = OptionsQuery { subscription: subscription.into() };
        let before = world.client().call(&route::OPTIONS, &query).await.unwrap().options;
        let mut after = before.clone();
        let own = before.get("bearer").cloned();
        after.insert(name.into(), value.or(own).unwrap());
        let subscription = subscription.to_owned();
        let edit = EditSubscription { subscription, before, after, unchecked: true };
        world.client().call(&route::EDIT, &edit).await
    };
    let url = |url: &str| Some(OptionValue::Text(url.into()));
    for refused in [
        edited("a", "url", url("http://127.0.0.1:3/alerts")).await,
        edited("b", "publish.bearer", None).await,
    ] {
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("is not sent to another server"), "{refused}");
    }
    edited("a", "url", url("http://127.0.0.1:1/warnings")).await.unwrap();
}
