//! What is on the screen: what the person closes and reads, and what is known of it after a restart.

use super::{
    world::{Fate, World, refused, secs},
    *,
};

/// A world in which the message `job` of a sequence is shown under the number 7.
fn shown() -> World {
    let mut world = World::ready();
    world.store().sequence = Some("job");
    world.due(Due::Live);
    world.shows("0", Ok(7));
    world
}

/// The agent ends, in whatever way, and starts anew with what the store has.
fn restart(world: &mut World, server: &str) {
    world.alerts = Alerts::default();
    world.effects.clear();
    world.say(Input::Start);
    world.connect();
    world.meet(server);
}

#[test]
fn a_number_outlives_a_restart_so_that_an_update_replaces_and_a_clear_closes() {
    let mut world = shown();
    restart(&mut world, "first");
    world.store().sequence = Some("job");
    world.due(Due::Live);
    let (request, said, replaces) = world.sent();
    assert_eq!((said.as_str(), replaces), ("1", Some(7)));
    world.say(Input::Shown(request, Ok(8)));
    restart(&mut world, "first");
    world.say(Input::Withdrawn(Series { subscription: "news".into(), sequence: "job".into() }));
    assert_eq!(world.closes(), 8);
    world.is_done();
    assert_eq!(world.showing, []);
}

#[test]
fn numbers_of_another_server_are_forgotten() {
    let mut world = shown();
    restart(&mut world, "second");
    world.say(Input::Withdrawn(Series { subscription: "news".into(), sequence: "job".into() }));
    world.is_done();
    assert_eq!(world.showing, []);
    world.say(Input::Clicked(7));
    world.is_done();
}

#[test]
fn what_is_told_of_a_number_after_another_server_came_is_of_none_of_ours() {
    for owners in [&[true][..], &[false, true]] {
        let mut world = shown();
        owners.iter().for_each(|is_there| world.say(Input::Owner(*is_there)));
        // It is not known yet who that is: by that number it may know another program's.
        let before = std::mem::take(&mut world.effects);
        world.say(Input::Clicked(7));
        world.say(Input::Pressed(7, Button::Read));
        world.say(Input::Left(7, true));
        assert_eq!((world.effects.len(), world.showing.len()), (0, 1));
        world.effects = before.into_iter().filter(|it| matches!(it, Effect::Ask(_))).collect();
        world.meet("second");
        world.say(Input::Clicked(7));
        world.is_done();
    }
}

#[test]
fn the_same_server_that_was_away_still_has_its_numbers() {
    let mut world = shown();
    world.say(Input::Owner(true));
    world.meet("first");
    world.say(Input::Clicked(7));
    assert_eq!(world.effects.pop_front(), Some(Effect::Open(Target::Message(0))));
}

#[test]
fn a_number_that_an_earlier_server_answers_late_is_none_of_the_next_ones() {
    for is_before_it_is_met in [true, false] {
        let mut world = World::ready();
        world.store().sequence = Some("job");
        world.due(Due::Live);
        let (late, ..) = world.sent();
        world.pass(ANSWER_TIMEOUT);
        world.asked();
        world.pass(ANSWER_TIMEOUT);
        world.is_told_gone();
        world.say(Input::Owner(true));
        if is_before_it_is_met {
            world.say(Input::Shown(late, Ok(7)));
        }
        world.meet("second");
        if !is_before_it_is_met {
            world.say(Input::Shown(late, Ok(7)));
        }
        assert_eq!(world.fates(), [Fate::Shown]);
        world.withdraw("job");
        world.is_done();
        assert_eq!(world.showing, []);
    }
}

#[test]
fn a_click_on_one_of_an_earlier_run_is_still_understood_and_it_takes_no_place() {
    let mut world = World::ready();
    for (id, number) in ["0", "1", "2"].into_iter().zip(1..) {
        world.store().urgent = true;
        world.due(Due::Urgent);
        world.shows(id, Ok(number));
    }
    restart(&mut world, "first");
    world.say(Input::Clicked(2));
    assert_eq!(world.effects.pop_front(), Some(Effect::Open(Target::Message(1))));
    world.store().urgent = true;
    world.due(Due::Urgent);
    let (_, said, replaces) = world.sent();
    assert_eq!((said.as_str(), replaces), ("3", None));
}

#[test]
fn closing_one_tells_of_which_messages_it_was() {
    let mut world = shown();
    world.say(Input::Left(7, true));
    let parts = vec![Part { subscription: "news".into(), first: 0, last: 0 }];
    assert_eq!(world.effects.pop_front(), Some(Effect::Dismissed { parts, counted: false }));
    assert_eq!(world.showing, []);
    world.say(Input::Left(7, true));
    world.is_done();
}

#[test]
fn one_that_goes_before_its_number_is_answered_is_gone() {
    let mut world = World::ready();
    world.store().sequence = Some("job");
    world.due(Due::Live);
    let (request, ..) = world.sent();
    world.say(Input::Left(3, true));
    world.say(Input::Left(7, true));
    world.say(Input::Shown(request, Ok(7)));
    let parts = vec![Part { subscription: "news".into(), first: 0, last: 0 }];
    assert_eq!(world.effects.pop_front(), Some(Effect::Dismissed { parts, counted: false }));
    assert_eq!((world.fates(), &*world.showing), (vec![Fate::Shown], &[][..]));
    world.series("job");
    assert_eq!(world.sent().2, None);
}

#[test]
fn one_that_goes_just_before_an_update_takes_its_number_leaves_the_update() {
    let mut world = shown();
    world.series("job");
    let (request, ..) = world.sent();
    world.say(Input::Left(7, false));
    world.say(Input::Shown(request, Ok(7)));
    world.series("job");
    assert_eq!(world.sent().2, Some(7));
}

#[test]
fn one_that_goes_by_itself_is_not_dismissed() {
    let mut world = shown();
    world.say(Input::Left(7, false));
    world.is_done();
}

#[test]
fn reading_a_message_closes_its_notification() {
    let mut world = shown();
    world.say(Input::Read(vec![5]));
    world.is_done();
    world.say(Input::Read(vec![0]));
    assert_eq!(world.closes(), 7);
    world.is_done();
}

#[test]
fn a_number_that_an_update_takes_is_known_until_that_is_written_down() {
    let mut world = shown();
    world.is_writable = false;
    world.series("job");
    let (request, _, replaces) = world.sent();
    assert_eq!(replaces, Some(7));
    world.say(Input::Shown(request, Ok(7)));
    let known: Vec<u32> = world.showing.iter().map(|it| it.number).collect();
    assert_eq!(known, [7], "an agent that is killed now goes on in its place");
}

#[test]
fn what_is_read_while_it_is_under_way_is_closed_and_one_that_was_refused_is_not_sent_again() {
    let mut world = World::ready();
    world.store();
    world.due(Due::Live);
    world.say(Input::Read(vec![0]));
    world.shows("0", Ok(7));
    assert_eq!(world.closes(), 7);
    world.is_done();
    for _ in 0..2 {
        world.store();
    }
    world.due(Due::Live);
    world.shows("1", Err(refused()));
    world.rows[1].fate = Fate::Old;
    world.say(Input::Read(vec![1]));
    world.pass(REFUSED_RETRY);
    world.shows("2", Ok(8));
    world.is_done();
}

#[test]
fn what_is_shown_and_could_not_be_written_down_is_not_shown_again() {
    let mut world = World::ready();
    world.store();
    world.is_writable = false;
    world.due(Due::Live);
    world.shows("0", Ok(7));
    world.is_done();
    world.due(Due::Live);
    world.is_done();
    world.is_writable = true;
    world.store();
    world.due(Due::Live);
    world.shows("1", Ok(8));
    world.is_done();
    assert_eq!(world.fates(), [Fate::Shown; 2]);
    // One that is gone meanwhile is.
    world.is_writable = false;
    world.store();
    world.due(Due::Live);
    world.shows("2", Ok(9));
    world.say(Input::Left(9, false));
    world.is_writable = true;
    world.due(Due::Live);
    world.shows("2", Ok(10));
}

#[test]
fn reading_the_latest_that_a_digest_counts_closes_it() {
    let mut world = World::ready();
    (0..5).for_each(|_| {
        world.store();
    });
    world.due(Due::Replay);
    world.shows("0 to 4", Ok(7));
    world.say(Input::Read(vec![2]));
    world.is_done();
    world.say(Input::Left(7, true));
    let parts = vec![Part { subscription: "news".into(), first: 0, last: 4 }];
    assert_eq!(world.effects.pop_front(), Some(Effect::Dismissed { parts, counted: true }));
}

#[test]
fn the_highest_priority_stays_until_it_is_seen_or_as_long_as_the_person_says() {
    let mut world = World::ready();
    world.store().urgent = true;
    world.due(Due::Urgent);
    world.shows("0", Ok(1));
    world.pass(secs(86_400));
    world.is_done();
    world.stays = Some(secs(600));
    world.store().urgent = true;
    world.due(Due::Urgent);
    world.shows("1", Ok(2));
    world.pass(secs(599));
    assert_eq!(world.effects, []);
    world.pass(secs(1));
    assert_eq!(world.closes(), 2);
    world.is_done();
    let still: Vec<u32> = world.showing.iter().map(|it| it.number).collect();
    assert_eq!(still, [1], "what came before that is as it was");
}
