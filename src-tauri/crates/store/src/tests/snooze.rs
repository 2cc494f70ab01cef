//! Snoozes.

use std::time::Duration;

use hark_engine::silence::{ALL, Until};

use super::*;

#[test]
fn a_snooze_outlives_the_process_and_is_replaced_ended_or_over() {
    let mut world = World::new();
    let at = |minutes: u64| now() + Duration::from_secs(minutes * 60);
    world.store.snooze("builds", Until::At(at(1))).unwrap();
    world.store.snooze(ALL, Until::Unlocked).unwrap();
    world.store.snooze("builds", Until::At(at(2))).unwrap();
    world.store.snooze("backups", Until::At(at(3))).unwrap();
    world = world.reopened();
    let all = |world: &World| world.store.snoozes().unwrap().into_iter().collect::<Vec<_>>();
    let wanted = [
        (ALL.to_owned(), Until::Unlocked),
        ("backups".to_owned(), Until::At(at(3))),
        ("builds".to_owned(), Until::At(at(2))),
    ];
    assert_eq!(all(&world), wanted);
    world.store.wake_overdue(at(2) - Duration::from_millis(1)).unwrap();
    assert_eq!(all(&world).len(), 3);
    world.store.wake_overdue(at(2)).unwrap();
    assert_eq!(all(&world), wanted[..2], "what has no time is not over");
    world.store.wake(&[ALL.to_owned(), "none".to_owned()]).unwrap();
    assert_eq!(all(&world), wanted[1..2]);
}

#[test]
fn what_is_no_longer_followed_is_not_snoozed_when_it_is_followed_again() {
    let mut world = World::new();
    world.store.snooze("builds", Until::Unlocked).unwrap();
    world.store.forget("builds").unwrap();
    assert!(world.store.snoozes().unwrap().is_empty());
}
