//! The alerts in virtual time, against a scripted server.

use super::{
    tests_storm::burst,
    world::{Fate, World, refused, secs, vanished},
    *,
};

#[test]
fn what_comes_live_is_shown_one_by_one_while_there_is_a_place() {
    let mut world = World::ready();
    for id in 0..7 {
        world.store();
        world.due(Due::Live);
        assert_eq!(world.effects.len(), 1, "one request at a time");
        world.shows(&id.to_string(), Ok(id));
        match id {
            // Whether closed or not, its place is free.
            2 => world.pass(IN_VIEW),
            3 => (0..8).for_each(|number| world.say(Input::Left(number, false))),
            _ => {}
        }
    }
    assert_eq!(world.fates(), [Fate::Shown; 7]);
}

#[test]
fn a_few_that_were_waited_for_are_shown_one_by_one() {
    let mut world = World::ready();
    for _ in 0..REPLAY_ALERTS_MAX {
        world.store();
    }
    world.due(Due::Replay);
    for id in 0..REPLAY_ALERTS_MAX {
        world.shows(&id.to_string(), Ok(id));
    }
    world.is_done();
}

#[test]
fn of_many_that_were_waited_for_the_urgent_are_shown_and_the_others_counted() {
    let mut world = World::ready();
    for id in 0..6 {
        world.store().urgent = id % 2 == 1;
    }
    world.due(Due::Replay);
    for id in ["1", "3", "5"] {
        world.shows(id, Ok(id.parse().unwrap()));
    }
    world.shows("0 to 4", Ok(9));
    world.is_done();
    assert_eq!(world.fates(), [Fate::Digest, Fate::Shown].repeat(3));
}

#[test]
fn of_the_urgent_the_latest_three_are_shown() {
    let mut world = World::ready();
    for _ in 0..7 {
        world.store().urgent = true;
    }
    world.due(Due::Replay);
    for id in [4, 5, 6] {
        world.shows(&id.to_string(), Ok(id));
    }
    world.shows("0 to 3", Ok(9));
    world.is_done();
}

#[test]
fn a_digest_closes_what_is_out_of_date_by_what_it_counts() {
    let mut world = World::ready();
    for sequence in ["a", "b"] {
        world.series(sequence);
        let (request, ..) = world.sent();
        world.say(Input::Shown(request, Ok(if sequence == "a" { 7 } else { 8 })));
    }
    for _ in 0..6 {
        world.store().sequence = Some("a");
    }
    world.due(Due::Replay);
    assert_eq!(world.closes(), 7, "and not 8, of which nothing newer waits");
    world.shows("2 to 7", Ok(9));
    world.is_done();
}

#[test]
fn a_series_replaces_its_notification_while_that_is_on_the_screen() {
    let mut world = World::ready();
    world.series("a");
    let (request, _, replaces) = world.sent();
    assert_eq!(replaces, None);
    world.say(Input::Shown(request, Ok(7)));
    world.series("a");
    let (request, _, replaces) = world.sent();
    assert_eq!(replaces, Some(7));
    world.say(Input::Shown(request, Ok(7)));
    world.say(Input::Left(7, false));
    world.series("a");
    assert_eq!(world.sent().2, None);
}

#[test]
fn one_that_is_refused_is_sent_once_more_then_given_up_and_the_next_goes_on() {
    let mut world = World::ready();
    world.store();
    world.store();
    world.due(Due::Live);
    world.shows("0", Err(refused()));
    world.pass(REFUSED_RETRY - Duration::from_millis(1));
    assert_eq!(world.effects, []);
    world.pass(Duration::from_millis(1));
    world.shows("0", Err(refused()));
    world.shows("1", Err(refused()));
    world.pass(REFUSED_RETRY);
    world.shows("1", Ok(1));
    world.is_done();
    assert_eq!(world.fates(), [Fate::Refused, Fate::Shown]);
}

#[test]
fn one_that_ends_three_servers_is_given_up() {
    let mut world = World::ready();
    world.store();
    world.due(Due::Live);
    for attempt in 1..attempts::ATTEMPTS_MAX {
        world.shows("0", Err(vanished()));
        assert_eq!(world.is_told_gone(), Reason::Failure(vanished()));
        world.say(Input::Owner(true));
        world.meet(&format!("server after {attempt}"));
    }
    world.shows("0", Err(vanished()));
    world.is_done();
    assert_eq!(world.fates(), [Fate::Refused]);
}

#[test]
fn one_that_takes_long_has_as_long_again_where_the_server_answers() {
    let mut world = World::ready();
    world.store();
    world.store();
    world.due(Due::Live);
    let (slow, ..) = world.sent();
    world.pass(ANSWER_TIMEOUT);
    let asked = world.asked();
    world.say(Input::Met(asked, Ok("first".into())));
    world.pass(ANSWER_TIMEOUT - Duration::from_millis(1));
    assert_eq!(world.effects, []);
    world.say(Input::Shown(slow, Ok(1)));
    let (never, ..) = world.sent();
    world.pass(ANSWER_TIMEOUT);
    let asked = world.asked();
    world.say(Input::Met(asked, Ok("first".into())));
    world.pass(ANSWER_TIMEOUT);
    world.is_done();
    world.say(Input::Shown(never, Ok(2)));
    assert_eq!(world.fates(), [Fate::Shown, Fate::Refused], "too late");
}

/// A world whose server has frozen over alert 0, while 1 waits. Answers what it was sent.
fn frozen() -> (World, Request) {
    let mut world = World::ready();
    world.store();
    world.store();
    world.due(Due::Live);
    let (request, ..) = world.sent();
    world.pass(ANSWER_TIMEOUT);
    world.asked();
    world.pass(ANSWER_TIMEOUT);
    assert_eq!(world.is_told_gone(), Reason::Failure(Failure::Silent));
    world.due(Due::Live);
    assert_eq!(world.effects, [], "nothing is sent to it");
    (world, request)
}

#[test]
fn what_a_frozen_server_was_sent_is_judged_by_its_answer_and_not_sent_again() {
    let (mut world, request) = frozen();
    world.pass(RETRY);
    world.asked();
    world.pass(ANSWER_TIMEOUT);
    assert_eq!(world.is_told_gone(), Reason::Failure(Failure::Silent));
    world.say(Input::Shown(request, Ok(1)));
    assert_eq!(world.fates(), [Fate::Shown, Fate::Pending]);
    world.meet("first");
    world.shows("1", Ok(2));
    world.is_done();
}

#[test]
fn a_server_that_answers_again_but_not_that_has_five_seconds_for_it() {
    let (mut world, _) = frozen();
    world.pass(RETRY);
    world.meet("first");
    assert_eq!(world.effects, []);
    assert_eq!(world.alerts.poll_deadline().unwrap().1, Deadline::Settle);
    world.pass(ANSWER_TIMEOUT);
    assert_eq!(world.fates(), [Fate::Refused, Fate::Pending]);
    world.shows("1", Ok(2));
    world.is_done();
}

#[test]
fn what_is_answered_while_the_server_is_asked_is_judged_once_that_is_known() {
    let (mut world, request) = frozen();
    world.pass(RETRY);
    world.say(Input::Shown(request, Ok(1)));
    assert_eq!(world.fates(), [Fate::Pending; 2]);
    world.meet("first");
    assert_eq!(world.fates(), [Fate::Shown, Fate::Pending]);
    world.shows("1", Ok(2));
    world.is_done();
}

#[test]
fn what_a_frozen_server_was_sent_that_ended_is_shown_by_the_next() {
    let (mut world, request) = frozen();
    world.say(Input::Shown(request, Err(vanished())));
    assert_eq!(world.is_told_gone(), Reason::Failure(vanished()));
    world.say(Input::Owner(true));
    world.meet("second");
    world.shows("0", Ok(1));
    world.shows("1", Ok(2));
    world.is_done();
    // The next one may be there before the end of the first is told.
    let (mut world, request) = frozen();
    world.say(Input::Owner(true));
    world.meet("second");
    world.say(Input::Shown(request, Err(vanished())));
    world.shows("0", Ok(1));
    world.shows("1", Ok(2));
    world.is_done();
}

#[test]
fn without_a_server_alerts_wait_for_the_next_one_or_a_minute() {
    let mut world = World::new();
    world.connect();
    let asked = world.asked();
    let absent = Failure::Absent("None.".into());
    world.say(Input::Met(asked, Err(absent.clone())));
    assert_eq!(world.is_told_gone(), Reason::Failure(absent.clone()));
    world.store();
    world.due(Due::Live);
    world.pass(RETRY - Duration::from_millis(1));
    assert_eq!(world.effects, []);
    world.pass(Duration::from_millis(1));
    let asked = world.asked();
    world.say(Input::Met(asked, Err(absent.clone())));
    assert_eq!(world.is_told_gone(), Reason::Failure(absent));
    world.say(Input::Owner(true));
    world.meet("first");
    world.shows("0", Ok(1));
    world.say(Input::Owner(false));
    assert_eq!(world.is_told_gone(), Reason::NoServer);
}

#[test]
fn without_a_session_bus_there_is_nobody_and_it_is_looked_for_each_minute() {
    let mut world = World::new();
    let Some(Effect::Connect(request)) = world.effects.pop_front() else { panic!() };
    world.say(Input::Connected(request, false));
    let told = [Effect::Nobody(true), Effect::Unavailable(Reason::NoBus)];
    assert_eq!(world.effects.drain(..).collect::<Vec<_>>(), told);
    world.pass(RETRY);
    world.connect();
    world.meet("first");
    world.series("a");
    world.shows("0", Ok(7));
    world.say(Input::Disconnected);
    assert_eq!(world.effects, []);
    world.series("a");
    world.pass(RETRY);
    world.connect();
    world.meet("first of another bus");
    assert_eq!(world.sent().2, None, "its number is gone with the bus");
}

#[test]
fn another_server_knows_none_of_the_numbers() {
    let mut world = World::ready();
    world.series("a");
    world.shows("0", Ok(7));
    world.say(Input::Owner(true));
    world.meet("first");
    world.series("a");
    let (request, _, replaces) = world.sent();
    assert_eq!(replaces, Some(7), "the same server counts on");
    world.say(Input::Owner(false));
    world.say(Input::Owner(true));
    assert_eq!(world.effects, [], "what is under way comes first");
    world.say(Input::Shown(request, Ok(7)));
    world.meet("second");
    world.series("a");
    assert_eq!(world.sent().2, None);
    world.withdraw("a");
}

#[test]
fn what_is_taken_back_before_it_is_shown_never_is() {
    let mut world = World::ready();
    world.series("a");
    world.series("b");
    let (request, ..) = world.sent();
    world.withdraw("b");
    world.say(Input::Shown(request, Ok(7)));
    world.is_done();
    assert_eq!(world.fates(), [Fate::Shown, Fate::Withdrawn]);
}

#[test]
fn what_is_taken_back_on_the_screen_is_closed_before_anything_new_is_shown() {
    let mut world = World::ready();
    world.series("a");
    let (request, ..) = world.sent();
    world.series("b");
    world.withdraw("a");
    world.say(Input::Shown(request, Ok(7)));
    assert_eq!(world.closes(), 7, "even while it was sent");
    world.shows("1", Ok(8));
    world.is_done();
    world.withdraw("b");
    assert_eq!(world.closes(), 8);
    world.withdraw("b");
    world.is_done();
}

#[test]
fn a_server_that_does_not_close_is_waited_for_five_seconds() {
    let mut world = World::ready();
    for (sequence, number) in [("a", 7), ("b", 8)] {
        world.series(sequence);
        let (request, ..) = world.sent();
        world.say(Input::Shown(request, Ok(number)));
    }
    world.withdraw("a");
    world.withdraw("b");
    assert!(matches!(world.effects.pop_front(), Some(Effect::Close(_, 7))));
    world.series("c");
    world.pass(ANSWER_TIMEOUT);
    world.shows("2", Ok(9));
    assert_eq!(world.closes(), 8, "the next one is closed with the next alert");
    world.is_done();
}

#[test]
fn a_click_opens_the_url_of_its_notification_or_the_message_in_hark() {
    let mut world = World::ready();
    world.store().url = Some("https://a.example/");
    world.store();
    world.due(Due::Live);
    world.shows("0", Ok(7));
    world.shows("1", Ok(8));
    world.say(Input::Clicked(9));
    assert_eq!(world.effects, []);
    let mut opens = |number| {
        world.say(Input::Clicked(number));
        world.effects.pop_front()
    };
    let url = Target::Url("https://a.example/".into(), 0);
    assert_eq!(opens(7), Some(Effect::Open(url)));
    assert_eq!(opens(8), Some(Effect::Open(Target::Message(1))));
    world.say(Input::Left(7, false));
    world.say(Input::Clicked(7));
    world.is_done();
    // One that counts opens the latest that it counts.
    burst(&mut world, 30);
    for number in 20..22 {
        let (request, ..) = world.sent();
        world.say(Input::Shown(request, Ok(number)));
    }
    world.shows("29 more", Ok(8));
    world.say(Input::Clicked(8));
    assert_eq!(world.effects.pop_front(), Some(Effect::Open(Target::Message(31))));
}

#[test]
fn a_button_is_of_the_message_that_its_notification_shows() {
    let mut world = World::ready();
    world.store();
    world.due(Due::Live);
    world.shows("0", Ok(7));
    world.say(Input::Pressed(7, Button::Send(1)));
    let act = Effect::Act { message: 0, number: 7, button: Button::Send(1) };
    assert_eq!(world.effects.pop_front(), Some(act));
    world.say(Input::Replied(7, "yes".into()));
    let reply = Effect::Reply { message: 0, number: 7, text: "yes".into() };
    assert_eq!(world.effects.pop_front(), Some(reply));
    // It is closed where the message says so.
    world.say(Input::Cleared(7));
    let Some(Effect::Close(request, 7)) = world.effects.pop_front() else { panic!() };
    world.say(Input::Closed(request));
    // Nobody's, or of one that is gone.
    world.say(Input::Pressed(8, Button::Read));
    world.say(Input::Cleared(8));
    world.say(Input::Left(7, false));
    world.say(Input::Pressed(7, Button::Read));
    world.say(Input::Replied(7, "yes".into()));
    world.is_done();
    // One that counts has no buttons, whatever a server says.
    burst(&mut world, 30);
    for number in 20..23 {
        let (request, ..) = world.sent();
        world.say(Input::Shown(request, Ok(number)));
    }
    world.shows("28 more", Ok(20));
    world.say(Input::Pressed(20, Button::Read));
    assert!(!world.effects.iter().any(|effect| matches!(effect, Effect::Act { .. })));
}

#[test]
fn what_nobody_could_show_for_half_a_day_is_no_news_any_more() {
    let mut world = World::ready();
    world.say(Input::Owner(false));
    world.is_told_gone();
    world.store();
    world.pass(NEWS_FOR - secs(60));
    world.effects.clear();
    world.store();
    world.due(Due::Live);
    world.now = world.now + secs(120);
    world.say(Input::Owner(true));
    world.meet("second");
    world.shows("1", Ok(1));
    assert_eq!(world.fates(), [Fate::Old, Fate::Shown]);
}
