//! The stream: what is held back, heartbeats, ids, coming back.

use super::*;

#[test]
fn what_is_held_back_on_the_way_gives_itself_away() {
    use About::Buffering;
    let off = Some((Place::Nginx, "proxy_buffering off;"));
    let crowd = (0..3).map(|_| (8.0, comment()));
    let late = Observation { opened: Some(secs(8.0)), heard: all(crowd), ..right() };
    check(&late, Buffering, Mark::Wrong, "3 heartbeats came with them", off);
    let with_first = Observation { heard: all([(8.0, message("1"))]), ..late.clone() };
    check(&with_first, Buffering, Mark::Wrong, "came with the first line", off);
    let slow = Observation { heard: vec![], ..late };
    check(&slow, Buffering, Mark::Wrong, "The headers took 8 s:", off);

    let bursts = [20.0, 40.0].into_iter().flat_map(|at| (0..4).map(move |_| (at, comment())));
    let bursts = Observation { heard: all(bursts), ..right() };
    check(&bursts, Buffering, Mark::Wrong, "4 heartbeats came at one moment, after 20 s", off);
    let caddy = with_headers(&[("server", "Caddy")]);
    let caddy = Observation { heard: bursts.heard.clone(), ..caddy };
    check(&caddy, Buffering, Mark::Wrong, "held back", Some((Place::Caddy, "flush_interval -1")));

    let whole = all([(30.0, message("1")), (30.0, message("2"))]);
    let ended = Some((secs(30.01), Cause::EndOfStream));
    let whole = Observation { heard: whole, ended, ..right() };
    check(&whole, Buffering, Mark::Wrong, "as the stream ended", off);

    let mute = Observation { heard: vec![], ..with_headers(&[("server", "nginx")]) };
    check(&mute, Buffering, Mark::Unknown, "Nothing followed", off);
    let backlog = Observation { heard: all((0..20).map(|_| (0.1, message("")))), ..right() };
    check(&backlog, Buffering, Mark::Unknown, "at one moment", None);
    let greeting = with_headers(&[("x-accel-buffering", "no")]);
    let greeting = Observation { heard: all([(0.02, comment())]), ..greeting };
    check(&greeting, Buffering, Mark::Ok, "X-Accel-Buffering: no", None);
    // A comment and an event for the same beat.
    let twice = (1..4).flat_map(|n| (0..2).map(move |_| (f64::from(n) * 15.0, comment())));
    let twice = Observation { heard: all(twice), ..right() };
    check(&twice, Buffering, Mark::Ok, "bit by bit", None);
}

#[test]
fn an_end_is_told_by_when_it_came() {
    let ended = |at: f64, cause| {
        let heard = right().heard.into_iter().filter(|heard| heard.after < secs(at)).collect();
        Observation { heard, ended: Some((secs(at), cause)), ..right() }
    };
    let stream = About::Stream;
    check(&ended(3.5, Cause::EndOfStream), stream, Mark::Wrong, "ended after 3.5 s", None);
    let limit = Some((Place::Nginx, "proxy_read_timeout 1h;"));
    check(&ended(30.0, Cause::Truncated), stream, Mark::Warning, "broke off after 30 s", limit);
    let idle = Observation { heard: all([(0.1, message("1"))]), ..ended(60.2, Cause::EndOfStream) };
    check(&idle, stream, Mark::Wrong, "60 s of silence", limit);
    check(&idle, stream, Mark::Wrong, "idle", Some((Place::Server, ": keepalive")));
    let hub =
        Observation { feed: feed::by_name("mercure").unwrap(), ..ended(50.0, Cause::EndOfStream) };
    check(&hub, stream, Mark::Ok, "regularly", None);
}

#[test]
fn a_heartbeat_is_measured_and_its_lack_is_named_once_it_can_be_known() {
    use About::Heartbeat;
    let beating = |times: &[f64]| {
        let heard = all(times.iter().map(|at| (*at, comment())));
        Observation { heard, listened: 300 * SECOND, ..right() }
    };
    let send = Some((Place::Server, r": keepalive\n\n"));
    check(&right(), Heartbeat, Mark::Ok, "every 15 s, as a comment (3 seen)", None);
    check(&beating(&[20.0, 40.0, 70.0]), Heartbeat, Mark::Ok, "every 20 s to 30 s", None);
    check(&beating(&[90.0, 180.0]), Heartbeat, Mark::Warning, "every 90 s", send);
    check(&beating(&[2.0, 2.3, 2.6]), Heartbeat, Mark::Warning, "keeps devices awake", send);
    check(
        &beating(&[40.0]),
        Heartbeat,
        Mark::Ok,
        "One came after 40 s",
        Some((Place::Try, "--for 3m")),
    );
    // A greeting is not a heartbeat.
    check(&beating(&[0.02]), Heartbeat, Mark::Wrong, "None came", send);

    let silent = |listened| Observation { heard: vec![], listened, ..right() };
    check(&silent(50 * SECOND), Heartbeat, Mark::Wrong, "None came in 50 s of silence", send);
    let longer = Some((Place::Try, "--for 60s"));
    check(&silent(10 * SECOND), Heartbeat, Mark::Unknown, "longest silence was 10 s", longer);
    let busy = Observation { heard: all((0..60).map(|n| (f64::from(n), message("")))), ..right() };
    check(
        &busy,
        Heartbeat,
        Mark::Unknown,
        "longest silence was 1 s",
        Some((Place::Try, "--for 3m")),
    );
    let ntfy = Observation { feed: feed::by_name("ntfy").unwrap(), ..silent(50 * SECOND) };
    check(&ntfy, Heartbeat, Mark::Unknown, "every 45 s", Some((Place::Try, "--for 2m")));
    let ping = What::Heartbeat { form: Form::Event("ping".into()), has_id: false };
    let pings = Observation { heard: all([(15.0, ping.clone()), (30.0, ping)]), ..right() };
    check(&pings, Heartbeat, Mark::Ok, "an event of type ping", None);
}

#[test]
fn each_event_wants_an_id_of_its_own_that_can_be_sent_back() {
    use About::Ids;
    let with = |ids: &[&str]| {
        let heard = all(ids.iter().map(|id| (3.0, message(id))));
        Observation { heard, resumed: vec![], ..right() }
    };
    let line = Some((Place::Server, "id: 42"));
    check(&with(&[]), Ids, Mark::Unknown, "No event came", None);
    check(&with(&["1"]), Ids, Mark::Ok, "one of its own", None);
    check(&with(&["", ""]), Ids, Mark::Wrong, "No event has one", line);
    check(&with(&["1", "", "3"]), Ids, Mark::Wrong, "1 of 3 events have none", line);
    check(&with(&["1", "1", "2"]), Ids, Mark::Wrong, "the id of an earlier one", line);
    check(&with(&["1", "2 "]), Ids, Mark::Wrong, "cannot be sent back", line);
    let home = feed::by_name("home-assistant").unwrap();
    let home = Observation { feed: home, ..with(&["", ""]) };
    check(&home, Ids, Mark::Warning, "home-assistant", None);
    let mut named = right();
    named.heard.extend(heard(50.0, What::Heartbeat { form: Form::Comment, has_id: true }));
    check(&named, Ids, Mark::Warning, "Heartbeats have ids", Some((Place::Server, ": keepalive")));
}

#[test]
fn retry_is_neither_a_storm_nor_a_farewell() {
    let with = |ms| {
        let heard = heard(0.1, What::Retry(Duration::from_millis(ms))).to_vec();
        Observation { heard, ..right() }
    };
    let line = Some((Place::Server, "retry: 5000"));
    check(&right(), About::Retry, Mark::Ok, "None given", None);
    check(&with(3000), About::Retry, Mark::Ok, "3 s", None);
    check(&with(0), About::Retry, Mark::Warning, "all clients come at once", line);
    check(&with(7_200_000), About::Retry, Mark::Warning, "120 min", line);
}

#[test]
fn coming_back_brings_what_was_missed_and_nothing_else() {
    let with = |resumed: &[(usize, &[&str])]| {
        let resumed = resumed.iter().map(|(cursor, brought)| Resumed {
            cursor: *cursor,
            brought: brought.iter().map(|id| (*id).to_owned()).collect(),
            refused: None,
        });
        let ids = ["1", "2", "3", "4"];
        let heard = all(ids.iter().map(|id| (3.0, message(id))));
        Observation { heard, resumed: resumed.collect(), ..right() }
    };
    let first = Some((Place::Server, "id: 3   (comes first after Last-Event-ID: 2)"));
    for (brought, mark, word) in [
        ([(1, &["3", "4"][..]), (3, &[][..])], Mark::Ok, "2 events behind"),
        // A new event does not belong to the replay.
        ([(1, &["3", "4", "5"]), (3, &["5"])], Mark::Ok, "2 events behind"),
        ([(1, &[]), (3, &[])], Mark::Wrong, "2 events behind brought nothing"),
        ([(1, &["5"]), (3, &["5"])], Mark::Wrong, "brought nothing"),
        ([(1, &["1", "2", "3", "4"]), (3, &["1", "2", "3", "4"])], Mark::Wrong, "before that id"),
        ([(1, &["4"]), (3, &[])], Mark::Wrong, "only 1 of them"),
        ([(1, &["2", "3", "4"]), (3, &["4"])], Mark::Warning, "begins after it"),
        ([(1, &["4", "3"]), (3, &[])], Mark::Warning, "another order"),
        // A fixed number of the latest, whatever is asked for.
        ([(1, &["3", "4"]), (3, &["3", "4"])], Mark::Wrong, "before that id"),
    ] {
        let line = if mark == Mark::Ok { None } else { first };
        check(&with(&brought), About::Resume, mark, word, line);
    }
    let mut refused = with(&[(1, &[])]);
    refused.resumed[0].refused = Some(Cause::Status {
        code: 400,
        detail: None,
        retry_after_ms: None,
        streamed_before: false,
    });
    let tried = Some((Place::Try, "Last-Event-ID: 2"));
    check(&refused, About::Resume, Mark::Wrong, "an id of its own was refused", tried);

    let mut one = with(&[(0, &[])]);
    one.heard.truncate(2);
    check(&one, About::Resume, Mark::Unknown, "takes two events", None);
    one.resumed[0].brought.push("1".into());
    let line = Some((Place::Server, "nothing old   (after Last-Event-ID: 1)"));
    check(&one, About::Resume, Mark::Warning, "begins after it", line);
    let none = Observation { heard: vec![], resumed: vec![], ..right() };
    check(&none, About::Resume, Mark::Unknown, "Publish two", None);
}

#[test]
fn those_ids_are_tried_that_tell_most() {
    for (ids, cursors) in
        [(0, vec![]), (1, vec![0]), (2, vec![0, 1]), (3, vec![1, 2]), (100, vec![79, 99])]
    {
        assert_eq!(resume::cursors(ids), cursors, "{ids}");
    }
}

#[test]
fn events_that_nobody_gets_are_told() {
    use About::Format;
    let with = |what: &[What]| {
        let heard = what.iter().flat_map(|what| heard(3.0, what.clone())).collect();
        Observation { heard, resumed: vec![], ..right() }
    };
    let blank = Some((Place::Server, "a blank line ends each event"));
    let never =
        Observation { heard: vec![Occurrence { after: SECOND, what: What::Line }], ..right() };
    check(&never, Format, Mark::Wrong, "none is ended by a blank line", blank);
    check(
        &with(&[message("1"), What::Unfinished]),
        Format,
        Mark::Warning,
        "within an event",
        blank,
    );
    let data = Some((Place::Server, r"data: text\n"));
    let kind = Some("update".to_owned());
    check(&with(&[What::NoData { kind }]), Format, Mark::Warning, "type update has no data", data);
    check(&with(&[What::NoData { kind: None }]), Format, Mark::Warning, "lower case", data);
    let hint = What::Retry(SECOND);
    let only_retry = with(&[hint, What::NoData { kind: None }]);
    assert!(judge(&only_retry).iter().all(|finding| finding.about != Format));
    check(&with(&[What::TooLarge { bytes: 5 << 20 }]), Format, Mark::Wrong, "5120 KiB", None);
    let broken = What::Message { id: None, published: None, broken: true };
    check(&with(&[broken]), Format, Mark::Warning, "no UTF-8", None);
}

#[test]
fn a_length_of_time_is_short() {
    for (seconds, text) in [
        (0.012, "12 ms"),
        (0.9999, "999 ms"),
        (1.0, "1 s"),
        (1.04, "1 s"),
        (1.96, "2 s"),
        (3.5, "3.5 s"),
        (9.97, "10 s"),
        (59.6, "60 s"),
        (150.0, "3 min"),
    ] {
        assert_eq!(span(secs(seconds)), text, "{seconds}");
    }
}

#[test]
fn of_a_server_that_replays_nothing_ids_and_resuming_are_not_judged() {
    for name in ["mastodon", "smee", "home-assistant", "pocketbase"] {
        let seen = Observation { feed: feed::by_name(name).unwrap(), ..right() };
        let findings = judge(&seen);
        let of = |about| findings.iter().filter(move |finding| finding.about == about);
        assert_eq!(of(About::Resume).count(), 0, "{name}: {findings:?}");
        let ids: Vec<_> = of(About::Ids).collect();
        assert!(ids.len() == 1 && ids[0].mark == Mark::Warning, "{name}: {ids:?}");
        assert!(ids[0].seen.contains(name) && ids[0].change.is_empty(), "{ids:?}");
    }
}
