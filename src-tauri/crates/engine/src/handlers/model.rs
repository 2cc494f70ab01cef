//! Random lives of links, against what must hold of every handler whatever happens.

use std::time::Duration;

use super::{
    tests::{World, plan},
    *,
};
use crate::failure::Cause;

/// So many random lives.
const LIVES: u64 = 300;
/// Each has so many steps.
const STEPS: u64 = 400;

#[test]
fn no_handler_is_beside_itself_or_over_its_limits() {
    for seed in 0..LIVES {
        let mut random = fastrand::Rng::with_seed(seed);
        let cooldown = Duration::from_secs(random.u64(0..90));
        let at_most = random.u32(1..12);
        let after = Duration::from_secs(random.u64(0..20));
        let on = [On::Lost, On::Down, On::Recovered, On::Message];
        let set = Plan { cooldown, at_most, after, repeat: random.bool(), ..plan("a", &on) };
        let from = Escalates { handler: "a".to_owned(), after_failures: random.u32(1..4) };
        let mut world = World::new(vec![set, Plan { escalates: Some(from), ..plan("p", &[]) }]);
        world.ends = None;
        let (mut is_up, mut runs, mut seen) = (true, Vec::<String>::new(), 0);
        for step in 0..STEPS {
            match random.u8(0..8) {
                0 if is_up => world.lost(Cause::EndOfStream),
                1 if !is_up => world.fails(Cause::ConnectionRefused),
                2 if !is_up => world.fails(Cause::NoRoute),
                3 => world.opened(),
                4 => world.hand(Input::Message("a", 1)),
                5 if !runs.is_empty() => {
                    let name = runs.swap_remove(random.usize(0..runs.len()));
                    world.hand(Input::Ended(&name, random.bool()));
                }
                6 if step % 50 == 0 => world.hand(Input::Entry(Some("a"), &Entry::Paused)),
                _ => world.pass(random.u64(0..40)),
            }
            is_up = world.machine.links_well();
            for (_, name, ..) in &world.began[seen..] {
                assert!(!runs.contains(name), "{name} runs twice at once, seed {seed}");
                runs.push(name.clone());
            }
            seen = world.began.len();
            let due = world.machine.poll_deadline();
            assert!(due.is_none_or(|at| at > world.now.monotonic), "not settled, seed {seed}");
        }
        let of_a: Vec<u64> = world.began.iter().filter(|it| it.1 == "a").map(|it| it.0).collect();
        for two in of_a.windows(2) {
            assert!(two[1] - two[0] >= cooldown.as_secs(), "{of_a:?}, seed {seed}");
        }
        for many in of_a.windows(at_most as usize + 1) {
            assert!(many[many.len() - 1] - many[0] >= HOUR.as_secs(), "{of_a:?}, seed {seed}");
        }
    }
}
