//! Consents.

use hark_engine::asked::Grant;

use super::*;

#[test]
fn a_yes_is_for_one_subscription_server_and_method_and_goes_with_the_subscription() {
    let mut world = World::new();
    let grant = |subscription: &str, origin: &str, method: &str| Grant {
        subscription: subscription.into(),
        origin: origin.into(),
        method: method.into(),
    };
    let one = grant("builds", "https://a.example:443", "POST");
    assert!(!world.store.is_granted(&one).unwrap());
    world.store.grant(&one).unwrap();
    world.store.grant(&one).unwrap();
    world = world.reopened();
    assert!(world.store.is_granted(&one).unwrap());
    for other in [
        grant("backups", "https://a.example:443", "POST"),
        grant("builds", "http://a.example:443", "POST"),
        grant("builds", "https://a.example:8443", "POST"),
        grant("builds", "https://a.example:443", "DELETE"),
    ] {
        assert!(!world.store.is_granted(&other).unwrap(), "{other:?}");
    }
    world.store.forget("builds").unwrap();
    assert!(!world.store.is_granted(&one).unwrap());
}

#[test]
fn a_yes_is_for_the_source_that_it_was_given_for_and_only_while_that_is_followed() {
    let mut world = World::new();
    let grant = |subscription: &str| Grant {
        subscription: subscription.into(),
        origin: "https://a.example:443".into(),
        method: "POST".into(),
    };
    let (one, other) = (grant("builds"), grant("backups"));
    for grant in [&one, &other] {
        world.store.grant(grant).unwrap();
    }
    world.store.begin("builds", "https://a.example/b", now()).unwrap();
    assert!(world.store.is_granted(&one).unwrap(), "it is the same");
    world.store.begin("builds", "https://a.example/other", now()).unwrap();
    assert!(!world.store.is_granted(&one).unwrap(), "another topic");
    assert!(world.store.is_granted(&other).unwrap());
    world.store.grant(&one).unwrap();
    world.store.revoke_all_but(&["builds".to_owned()]).unwrap();
    assert!(world.store.is_granted(&one).unwrap());
    assert!(!world.store.is_granted(&other).unwrap(), "nobody follows it");
}

#[test]
fn all_that_was_said_yes_to_is_seen_and_each_is_taken_back_by_itself() {
    let mut world = World::new();
    let grant = |origin: &str, method: &str| Grant {
        subscription: "builds".into(),
        origin: origin.into(),
        method: method.into(),
    };
    let (put, post) = (grant("https://b.example", "PUT"), grant("https://a.example", "POST"));
    for one in [&put, &post] {
        world.store.grant(one).unwrap();
    }
    assert_eq!(world.store.grants().unwrap(), [post.clone(), put.clone()]);
    assert!(world.store.take_back(&post).unwrap());
    assert!(!world.store.take_back(&post).unwrap(), "there is none any more");
    assert!(!world.store.is_granted(&post).unwrap());
    assert_eq!(world.store.grants().unwrap(), [put]);
}
