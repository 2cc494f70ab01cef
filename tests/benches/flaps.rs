//! How often each link dials while interfaces that it does not use come and go, in a network of the
//! bench's own.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a bench")]

use hark_tests::{World, flaps::Flaps, space};

const FLAPS: usize = 20;

fn main() {
    if !space::enter_program() {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        println!("{:<44} {:>12}   aim", "figure", "here");
        let world = World::new();
        let flaps = Flaps::start(&world).await;
        for (link, dials) in flaps.flap(FLAPS).await {
            let figure = format!("dials in {FLAPS} flaps, link {link:?}");
            println!("{figure:<44} {dials:>12}   0");
        }
    });
}
