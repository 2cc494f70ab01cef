//! A link ignores changes of interfaces that it does not use.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use hark_tests::{World, flaps::Flaps, space};

#[tokio::test]
async fn no_link_dials_for_an_interface_that_its_way_does_not_use() {
    if !space::enter("no_link_dials_for_an_interface_that_its_way_does_not_use") {
        return;
    }
    let world = World::new();
    let flaps = Flaps::start(&world).await;
    let dials = flaps.flap(5).await;
    assert_eq!(dials, [("here", 0), ("across", 0), ("refused", 0)], "dials for five flaps");
}
