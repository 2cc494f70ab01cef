//! Storms in virtual time: what has a place on the screen, and what is counted.

use super::{
    world::{Fate, World, secs},
    *,
};

/// Stores so many of `news` and says that they came live.
pub(super) fn burst(world: &mut World, count: usize) {
    for _ in 0..count {
        world.store();
    }
    world.due(Due::Live);
}

#[test]
fn what_finds_no_place_is_counted_in_the_place_of_the_oldest() {
    let mut world = World::ready();
    burst(&mut world, 3);
    for id in 0..3 {
        world.shows(&id.to_string(), Ok(10 + id));
    }
    burst(&mut world, 1);
    let (request, said, replaces) = world.sent();
    assert_eq!((said.as_str(), replaces), ("2 more", Some(10)), "the new one and the oldest");
    world.say(Input::Shown(request, Ok(10)));
    assert_eq!(world.fates(), [Fate::Shown, Fate::Shown, Fate::Shown, Fate::Folded]);
    // More of it is counted every two seconds, in the same place.
    burst(&mut world, 5);
    burst(&mut world, 5);
    assert_eq!(world.effects, []);
    assert_eq!(world.alerts.poll_deadline().unwrap().1, Deadline::Count);
    world.pass(COUNTED_EVERY);
    let (request, said, replaces) = world.sent();
    assert_eq!((said.as_str(), replaces), ("12 more", Some(10)));
    world.say(Input::Shown(request, Ok(10)));
    world.is_done();
    // It was closed, or a while has passed: what comes is shown again.
    world.pass(IN_VIEW);
    burst(&mut world, 1);
    world.shows("14", Ok(20));
    world.is_done();
}

#[test]
fn a_quiet_subscription_has_a_place_beside_a_storm_and_an_urgent_message_always() {
    let mut world = World::ready();
    burst(&mut world, 30);
    for id in 0..3 {
        world.shows(&id.to_string(), Ok(10 + id));
    }
    world.shows("28 more", Ok(10));
    world.say(Input::Left(11, false));
    world.store().key = "quiet";
    world.say(Input::Due("quiet".into(), Due::Live));
    world.shows("30", Ok(20));
    world.store().urgent = true;
    world.due(Due::Urgent);
    world.shows("31", Ok(21));
    burst(&mut world, 1);
    assert_eq!(world.effects, [], "of the loud one nothing else has");
}

#[test]
fn many_subscriptions_are_one_storm() {
    let mut world = World::ready();
    let keys: Vec<&'static str> = vec!["a", "b", "c", "d", "e", "f", "g", "h"];
    for key in &keys {
        world.store().key = key;
    }
    for key in &keys {
        world.say(Input::Due((*key).into(), Due::Live));
    }
    for id in 0..3 {
        world.shows(&id.to_string(), Ok(10 + id));
    }
    let (request, said, replaces) = world.sent();
    assert_eq!((said.as_str(), replaces), ("6 more", Some(10)));
    world.say(Input::Shown(request, Ok(10)));
    world.is_done();
    assert!(world.fates().iter().all(|fate| *fate != Fate::Pending));
}

#[test]
fn of_the_urgent_three_have_a_place_until_they_are_closed_and_then_they_count() {
    let mut world = World::ready();
    for id in 0..3 {
        world.store().urgent = true;
        world.due(Due::Urgent);
        world.shows(&id.to_string(), Ok(10 + id));
    }
    world.pass(secs(3600));
    world.store().urgent = true;
    world.due(Due::Urgent);
    let (request, said, replaces) = world.sent();
    assert_eq!((said.as_str(), replaces), ("1 more", None));
    world.say(Input::Shown(request, Ok(20)));
    // One that counts something urgent is there until it is closed, too, and is gone on with.
    world.pass(secs(3600));
    world.store().urgent = true;
    world.due(Due::Urgent);
    let (request, said, replaces) = world.sent();
    assert_eq!((said.as_str(), replaces), ("2 more", Some(20)));
    world.say(Input::Shown(request, Ok(20)));
    world.say(Input::Left(11, false));
    world.store().urgent = true;
    world.due(Due::Urgent);
    world.shows("5", Ok(21));
    world.is_done();
}

#[test]
fn a_thousand_messages_in_a_second_are_at_most_six_notifications() {
    let mut world = World::ready();
    let (mut numbers, mut sent) = (std::collections::BTreeSet::new(), 0);
    for number in 0..1_000 {
        let row = world.store();
        row.urgent = number % 7 == 0;
        row.key = ["news", "a", "b"][number % 3];
        let (key, due) = (row.key.to_owned(), if row.urgent { Due::Urgent } else { Due::Live });
        world.say(Input::Due(key, due));
        while let Some(effect) = world.effects.pop_front() {
            let Effect::Show { request, replaces, .. } = effect else { panic!("{effect:?}") };
            sent += 1;
            let number = replaces.unwrap_or(100 + sent);
            numbers.insert(number);
            world.say(Input::Shown(request, Ok(number)));
        }
        world.pass(Duration::from_millis(1));
    }
    world.pass(COUNTED_EVERY);
    while let Some(Effect::Show { request, replaces, .. }) = world.effects.pop_front() {
        sent += 1;
        world.say(Input::Shown(request, Ok(replaces.unwrap())));
    }
    assert!(numbers.len() <= 6, "{numbers:?}");
    assert!(sent <= 8, "{sent}");
    assert!(world.fates().iter().all(|fate| *fate != Fate::Pending));
}

#[test]
fn an_update_that_becomes_urgent_takes_an_urgent_place_or_is_counted() {
    let mut world = World::ready();
    let mut most = 0;
    let names: Vec<&'static str> = vec!["a", "b", "c", "d", "e", "f"];
    for (name, number) in names.into_iter().zip(10..) {
        for urgent in [false, true] {
            let row = world.store();
            (row.sequence, row.urgent) = (Some(name), urgent);
            world.due(if urgent { Due::Urgent } else { Due::Live });
            while let Some(effect) = world.effects.pop_front() {
                match effect {
                    Effect::Show { request, replaces, .. } => {
                        world.say(Input::Shown(request, Ok(replaces.unwrap_or(number))));
                    }
                    Effect::Close(request, _) => world.say(Input::Closed(request)),
                    other => panic!("{other:?}"),
                }
            }
            most = most.max(world.alerts.screen.urgent());
        }
        world.pass(COUNTED_EVERY);
    }
    assert_eq!(most, URGENT_PLACES);
}

#[test]
fn one_that_counts_something_urgent_keeps_its_place() {
    let mut world = World::ready();
    for id in 0..4 {
        world.store().urgent = true;
        world.due(Due::Urgent);
        let said = if id < 3 { id.to_string() } else { "1 more".to_owned() };
        world.shows(&said, Ok(10 + id));
    }
    world.pass(IN_VIEW);
    for id in 4..6 {
        burst(&mut world, 1);
        world.shows(&id.to_string(), Ok(10 + id));
    }
    burst(&mut world, 1);
    let (_, said, replaces) = world.sent();
    assert_eq!((said.as_str(), replaces), ("2 more", Some(13)), "there is no seventh");
}

#[test]
fn a_digest_that_gives_up_its_place_counts_for_all_that_it_was_of() {
    let mut world = World::ready();
    for _ in 0..10 {
        world.store();
    }
    world.due(Due::Replay);
    world.shows("0 to 9", Ok(5));
    for id in 10..12 {
        burst(&mut world, 1);
        world.shows(&id.to_string(), Ok(id));
    }
    burst(&mut world, 1);
    let (_, said, replaces) = world.sent();
    assert_eq!((said.as_str(), replaces), ("11 more", Some(5)));
}

#[test]
fn what_is_counted_leaves_nothing_of_its_sequence_out_of_date_on_the_screen() {
    let mut world = World::ready();
    burst(&mut world, 1);
    world.shows("0", Ok(10));
    world.series("job");
    world.shows("1", Ok(11));
    burst(&mut world, 1);
    world.shows("2", Ok(12));
    burst(&mut world, 1);
    world.shows("2 more", Ok(10));
    burst(&mut world, 1);
    world.series("job");
    assert_eq!(world.closes(), 11);
    world.pass(COUNTED_EVERY);
    world.shows("4 more", Ok(10));
    world.is_done();
}

#[test]
fn what_comes_live_beside_a_replay_is_shown_and_the_oldest_of_that_is_not() {
    let mut world = World::ready();
    for _ in 0..10 {
        world.store();
    }
    world.store();
    world.due(Due::From(10));
    world.shows("10", Ok(1));
    world.store();
    world.due(Due::From(11));
    world.shows("11", Ok(2));
    world.is_done();
    world.due(Due::Replay);
    world.shows("0 to 9", Ok(3));
    world.is_done();
}
