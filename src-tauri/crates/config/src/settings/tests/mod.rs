//! What the settings file may say.

mod edits;
mod general;
mod handlers;
mod options;
mod portable;
mod relay;
mod table;
mod usual;

use std::{fs, path::Path, time::Duration};

use hark_engine::{backoff::Retry, heartbeat::Expect};

use super::*;
use crate::{file::read_toml, presets::Presets};

fn read_all(text: &str) -> Settings {
    parse(Path::new("config.toml"), text, &Presets::built_in()).unwrap()
}

fn problem(text: &str) -> String {
    parse(Path::new("config.toml"), text, &Presets::built_in()).unwrap_err().to_string()
}

#[test]
fn a_subscription_is_read_with_all_that_it_may_say() {
    let settings = read_all(
        r#"
        [subscriptions.z]
        url = "https://a.example/z"
        [subscriptions.a]
        url = "http://[::1]:80/a?b=c"
        name = "A"
        feed = "nchan"
        bearer = { env = "TOKEN" }
        heartbeat = "1m 30s"
        retry = "fixed 5s"
        spread = "500ms"
        manners = "near"
        paused = true
        "#,
    );
    assert_eq!(settings.subscriptions.keys().collect::<Vec<_>>(), ["z", "a"]);
    let one = &settings.subscriptions["a"];
    assert_eq!(one.expect(), Expect::Timeout(Duration::from_secs(90)));
    assert_eq!(one.law().retry, Retry::Fixed(Duration::from_secs(5)));
    assert_eq!(one.law().spread, Some(Duration::from_millis(500)));
    assert_eq!(one.law().clients, Clients::Few);
    let hint = settings.old_word().unwrap();
    assert!(hint.contains("clients = \"few\""), "{hint}");
    assert_eq!(one.bearer, Some(Credential::Env("TOKEN".into())));
    assert!(one.paused);
    assert_eq!(one.origin(), "http://[::1]");
}

#[test]
fn an_error_names_file_line_and_column() {
    let text = "[subscriptions.a]\nurl = \"https://a.example\"\nhartbeat = \"3s\"\n";
    let wanted = "The settings file config.toml has an error in line 3, column 1: \
                  unknown field `hartbeat`";
    assert!(problem(text).starts_with(wanted), "{}", problem(text));
    assert!(problem("a = \n").contains("line 1, column 5"), "{}", problem("a = \n"));
}

#[test]
fn values_that_make_no_sense_are_refused_in_words() {
    let with =
        |line: &str| problem(&format!("[subscriptions.a]\nurl = \"https://a.example\"\n{line}\n"));
    assert!(with("heartbeat = \"soon\"").contains("\"soon\" is not a length of time"));
    assert!(with("heartbeat = \"-3s\"").contains("is not a length of time"));
    assert!(with("retry = \"often\"").contains("write it like \"fixed 5s\""));
    assert!(with("feed = \"pigeon\"").contains("There is no feed \"pigeon\"; known are "));
    assert!(with("bearer = \"literal\"").contains("line 3"));
    let ftp = problem("[subscriptions.a]\nurl = \"ftp://a.example\"\n");
    assert!(ftp.contains("Hark follows http and https URLs, not ftp"), "{ftp}");
}

#[test]
fn a_secret_that_stands_in_the_settings_is_never_repeated() {
    let table = "[subscriptions.a]\nurl = \"https://a.example\"\n";
    let secrets = [
        "\"s3cret\"",
        "[\"s3cret\"]",
        "5318008",
        "-5318008",
        "5318008.5",
        "9318008531800853180085",
        "s3cret",
    ];
    let places = [
        "bearer = S",
        "bearer = { env = [S] }",
        "bearer = { file = { x = S } }",
        "bearer = { command = { x = S } }",
        "bearer = { command = [[S]] }",
        "bearer = { token = S }",
        "bearer = { env = \"A\", token = S }",
        "headers = S",
        "headers = { X = S }",
        "headers = { X = { value = S } }",
        "basic = S",
        "basic = { user = \"me\", password = S }",
        "basic.password = S",
        "client_certificate.key = { x = S }",
    ];
    for (place, secret) in places.iter().flat_map(|place| secrets.map(|secret| (place, secret))) {
        let sentence = problem(&format!("{table}{}\n", place.replace('S', secret)));
        assert!(!sentence.contains("s3cret") && !sentence.contains("318008"), "{sentence}");
        assert!(sentence.contains("line 3, column "), "{sentence}");
    }
    let said = "line 3, column 10: a credential is { env = \"NAME\" }, { file = \"/path\" } or \
                { command = [\"program\", …] }; the secret itself does not belong here.";
    let sentence = problem(&format!("{table}bearer = \"s3cret\"\n"));
    assert!(sentence.ends_with(said), "{sentence}");
    for url in
        ["s3cret", "ftp://a.example/s3cret", "https://me:s3cret@a.example/", "https://:s3cret"]
    {
        let sentence = problem(&format!("[subscriptions.a]\nurl = \"{url}\"\n"));
        assert!(!sentence.contains("s3cret"), "{sentence}");
        assert!(sentence.contains("line 2, column 7"), "{sentence}");
    }
    for (place, said) in [
        ("bearer = { file = \"sec/t\" }", "by its whole path"),
        ("bearer = { file = \"\" }", "by its whole path"),
        ("bearer = { command = [] }", "a credential is"),
    ] {
        let sentence = problem(&format!("{table}{place}\n"));
        assert!(sentence.contains(said), "{sentence}");
    }
}

#[test]
fn sizes_may_be_plain_numbers_of_bytes() {
    let settings = read_all(
        "[keep]\nbytes = 15000000\n[subscriptions.a]\nurl = \"https://a.example\"\n\
         event_max = 5000000\nkeep = { bytes = \"1 TiB\" }\n",
    );
    assert_eq!(settings.keep.bytes, Some(15_000_000));
    let one = &settings.subscriptions["a"];
    assert_eq!((one.event_max, one.keep.bytes), (Some(5_000_000), Some(1 << 40)));
    let wrong = problem("[subscriptions.a]\nurl = \"https://a.example\"\nevent_max = 5\n");
    assert!(wrong.contains("line 3, column 13: an event may be set to at most"), "{wrong}");
    for value in ["-5000000", "true"] {
        let wrong = problem(&format!("[keep]\nbytes = {value}\n"));
        assert!(wrong.contains("line 2, column 9: ") && wrong.contains("16 MiB"), "{wrong}");
    }
}

#[test]
fn what_is_kept_has_room_for_the_largest_event_and_another() {
    for bytes in ["\"0\"", "\"1\"", "\"2000\"", "\"1023 KiB\"", "5000"] {
        for text in [
            format!("[keep]\nbytes = {bytes}\n"),
            format!(
                "[subscriptions.a.keep]\nbytes = {bytes}\n[subscriptions.a]\nurl = \"http://a\""
            ),
        ] {
            let wrong = problem(&text);
            let wanted = "line 2, column 9: at least 1 MiB has to be kept";
            assert!(wrong.contains(wanted), "{bytes}: {wrong}");
        }
    }
    assert_eq!(read_all("[keep]\nbytes = \"1 MiB\"\n").keep.bytes, Some(1 << 20));
    let a = "[subscriptions.a]\nurl = \"http://a/\"\n";
    read_all(&format!("[keep]\nbytes = \"8 MiB\"\n{a}"));
    read_all(&format!("{a}event_max = \"512 KiB\"\nkeep.bytes = \"1 MiB\"\n"));
    for (text, wanted) in [
        (
            format!("[keep]\n bytes = \"7 MiB\"\n{a}"),
            "line 2, column 2: what is kept of a has to hold two of its largest events, of 4 MiB \
             each; set `bytes` of `keep` to \"8 MiB\" at least, or a smaller `event_max`.",
        ),
        (
            format!("[keep]\nbytes = \"8 MiB\"\n{a}event_max = \"5 MiB\"\n"),
            "line 5, column 1: what is kept of a has to hold two of its largest events, of 5 MiB",
        ),
        (
            format!("{a}keep = {{ days = 3, bytes = \"1 MiB\" }}\nevent_max = \"1 MiB\"\n"),
            "line 3, column 20: what is kept of a has to hold two of its largest events, of 1 MiB",
        ),
        (format!("{a}[subscriptions.a.keep]\nbytes = \"7 MiB\"\n"), "line 4, column 1: what is"),
    ] {
        let wrong = problem(&text);
        assert!(wrong.contains(wanted), "{text}: {wrong}");
    }
}

#[test]
fn whoever_takes_large_events_and_says_no_more_has_room_for_them() {
    let kept = |more: &str| {
        let settings =
            read_all(&format!("[subscriptions.a]\nurl = \"http://a/\"\nevent_max = \"{more}\"\n"));
        settings.subscriptions["a"].keep.over(&settings.keep).bytes_max
    };
    assert_eq!((kept("64 MiB"), kept("32 MiB"), kept("1 MiB")), (128 << 20, 64 << 20, 64 << 20));
}

#[test]
fn every_kind_of_credential_is_read() {
    let settings = read_all(
        "[subscriptions.a]\nurl = \"https://a.example\"\nbasic.user = \"me\"\n\
         basic.password.command = [\"pass\", \"hark\"]\n\
         [subscriptions.a.headers]\nX-A = { env = \"A\" }\nX-B.file = \"/b\"\n",
    );
    let one = &settings.subscriptions["a"];
    let command = Credential::Command(vec!["pass".into(), "hark".into()]);
    assert_eq!(one.basic, Some(Basic { user: "me".into(), password: command }));
    assert_eq!(one.headers["X-A"], Credential::Env("A".into()));
    assert_eq!(one.headers["X-B"], Credential::File("/b".into()));
}

#[test]
fn two_keys_that_exclude_each_other_are_an_error_where_the_second_stands() {
    let table = "[subscriptions.a]\nurl = \"https://a.example\"\n";
    let both = problem(&format!("{table}heartbeat = \"3s\"\n cadence = \"3s\"\n"));
    assert!(both.contains("line 4, column 2: `heartbeat`"), "{both}");
    let both = problem(&format!(
        "{table}bearer.env = \"A\"\nbasic = {{ user = \"me\", password.env = \"B\" }}\n"
    ));
    assert!(both.contains("line 4, column 1: a request has one of"), "{both}");
}

#[test]
fn a_file_that_is_not_utf8_is_named_with_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    fs::write(&path, b"# a\n# caf\xe9\n").unwrap();
    let problem = load(&path, &folder.path().join("good.toml")).problem.unwrap();
    assert!(problem.contains("line 2, column 6: this is not UTF-8"), "{problem}");
    assert!(!problem.contains(".."), "{problem}");
}

#[test]
fn a_bad_file_leaves_the_last_good_settings_in_force() {
    let folder = tempfile::tempdir().unwrap();
    let (path, last_good) =
        (folder.path().join("config.toml"), folder.path().join("state/good.toml"));
    fs::write(&path, "[subscriptions.a]\nurl = \"https://a.example/\"\n").unwrap();
    let good = load(&path, &last_good);
    assert_eq!(good.problem, None);
    fs::write(&path, "[subscriptions.a]\nurl = 7\n").unwrap();
    let bad = load(&path, &last_good);
    assert_eq!(bad.settings, good.settings);
    assert!(bad.problem.unwrap().contains("line 2, column 7"));
}

#[test]
fn the_last_good_settings_may_name_a_preset_that_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let (path, last_good) =
        (folder.path().join("config.toml"), folder.path().join("state/good.toml"));
    let preset = folder.path().join("presets/mine.toml");
    fs::create_dir(preset.parent().unwrap()).unwrap();
    fs::write(&preset, "title = \"/name\"\n").unwrap();
    let text = "[subscriptions.a]\nurl = \"https://a.example/\"\n\
                [subscriptions.b]\nurl = \"https://b.example/\"\nfeed = \"mine\"\n";
    fs::write(&path, text).unwrap();
    let good = load(&path, &last_good);
    assert_eq!((good.problem, good.settings.subscriptions.len()), (None, 2));
    fs::remove_file(&preset).unwrap();
    let bad = load(&path, &last_good);
    assert!(bad.problem.unwrap().contains("\"mine\""));
    assert_eq!(bad.settings, good.settings);
}

#[test]
fn a_mapping_and_rules_are_read_and_an_error_in_one_says_where() {
    let settings = read_all(
        r#"[subscriptions.a]
url = "http://a/"
mapping = { title = "{/repository/name}: {/action}", sequence = "/run" }

[[subscriptions.a.rules]]
name = "noise"
tag = "debug"
then = "drop"

[[subscriptions.a.rules]]
field = { at = "/branch", equals = "main" }
raise = 1
"#,
    );
    let one = &settings.subscriptions["a"];
    assert_eq!(one.rules.len(), 2);
    assert_eq!(one.rules[0].name.as_deref(), Some("noise"));
    let event = hark_engine::message::RawEvent {
        data: r#"{"repository":{"name":"hark"},"action":"opened"}"#.into(),
        ..Default::default()
    };
    let feed::Decoded::Message(message) = one.speaks().decode(&event) else { panic!() };
    assert_eq!(message.title, "hark: opened");
    for (text, wanted) in [
        ("mapping = { title = \"{/a\" }", "line 3, column 21: \"{/a\" has a brace"),
        ("mapping = { titel = \"/a\" }", "line 3, column 13: unknown field `titel`"),
        ("rules = [{ text = \"(\" }]", "line 3, column 19: \"(\" is no regular expression"),
        ("rules = [{ min_priority = 9 }]", "a priority is 1 (lowest) to 5, not 9"),
        (
            "feed = \"pigeon\"",
            "line 3, column 1: There is no feed \"pigeon\"; known are json, ntfy",
        ),
        ("feed = \"ntfy\"\nmapping = { title = \"/a\" }", "line 4, column 1: a `mapping` is for"),
    ] {
        let wrong = problem(&format!("[subscriptions.a]\nurl = \"http://a/\"\n{text}\n"));
        assert!(wrong.contains(wanted), "{text}: {wrong}");
    }
}

#[test]
fn other_ids_make_it_another_stream_and_nothing_else_does() {
    let source = |more: &str| {
        let text = format!("[subscriptions.a]\nurl = \"http://a/\"\n{more}\n");
        read_all(&text).subscriptions["a"].source()
    };
    let plain = source("");
    for same in
        ["feed = \"nchan\"", "mapping = { title = \"/a\" }", "name = \"A\"", "paused = true"]
    {
        assert_eq!(source(same), plain, "{same}");
    }
    let of_id = source("mapping = { id = \"/uid\" }");
    for other in [&source("feed = \"ntfy\""), &source("mapping = { id = \"/n\" }"), &plain] {
        assert_ne!(&of_id, other);
    }
}

#[test]
fn quiet_hours_are_read_and_an_error_in_one_says_where() {
    let settings = read_all(
        r#"
        [[quiet_hours]]
        days = ["mon", "tue"]
        from = "22:00"
        to = "07:30"
        passes = 4
        [[quiet_hours]]
        from = "12:00"
        to = "13:00"
        [subscriptions.a]
        url = "http://a/"
        mute = true
        "#,
    );
    let [night, noon] = &settings.quiet_hours[..] else { panic!("{settings:?}") };
    assert_eq!((night.to.to_string().as_str(), noon.days), ("07:30", silence::Days::ALL));
    let least = |hours: &Hours| hours.passes.least().unwrap().level();
    assert_eq!((least(night), least(noon)), (4, 5));
    assert!(settings.subscriptions["a"].mute);
    for (text, wanted) in [
        ("from = \"10\"\nto = \"11:00\"", "line 2, column 8: \"10\" is not a time of day"),
        ("from = \"10:00\"\nto = 11:00", "line 3, column "),
        ("from = \"10:00\"", "line 1, column 1: missing field `to`"),
        ("days = [\"funday\"]", "line 2, column 8: \"funday\" is no day of the week; they are mon"),
        ("passes = 9", "line 2, column 10: a priority is 1 (lowest) to 5, not 9"),
        ("until = \"7:00\"", "line 2, column 1: unknown field `until`"),
    ] {
        let wrong = problem(&format!("[[quiet_hours]]\n{text}\n"));
        assert!(wrong.contains(wanted), "{text}: {wrong}");
    }
    let many = "[[quiet_hours]]\nfrom = \"1:00\"\nto = \"2:00\"\n".repeat(33);
    assert!(problem(&many).contains("at most 32 quiet hours"), "{}", problem(&many));
}

#[test]
fn a_feed_may_be_a_preset() {
    let settings = read_all("[subscriptions.a]\nurl = \"http://a/\"\nfeed = \"esphome\"\n");
    assert_eq!(settings.subscriptions["a"].speaks().name(), "esphome");
}

/// The settings that a page shows: what each is called, and its text without the page's own indentation.
fn examples(page: &str) -> Vec<(&str, String)> {
    let blocks = page.split("```toml").skip(1).map(|block| block.split_once('\n').unwrap());
    let plainly =
        |text: &str| text.lines().map(|line| line.trim_start().to_owned() + "\n").collect();
    blocks.map(|(head, rest)| (head.trim(), plainly(rest.split("```").next().unwrap()))).collect()
}

#[test]
fn every_example_of_the_page_about_messages_is_read() {
    let examples = examples(include_str!("../../../../../docs/messages.md"));
    for (head, text) in &examples {
        match *head {
            "preset" => drop(read_toml::<Form>(Path::new("preset"), text).unwrap()),
            _ => assert!(!read_all(text).subscriptions.is_empty(), "{text}"),
        }
    }
    assert_eq!(examples.len(), 6);
}

#[test]
fn the_example_of_the_page_about_a_server_is_read() {
    let examples = examples(include_str!("../../../../../docs/on-a-server.md"));
    let [(_, text)] = &*examples else { panic!("{examples:?}") };
    let settings = read_all(text);
    assert_eq!((settings.subscriptions.len(), settings.handlers.len()), (1, 2));
}

#[test]
fn the_example_of_the_page_about_silence_is_read() {
    let examples = examples(include_str!("../../../../../docs/silence.md"));
    let settings = read_all(&examples[0].1);
    assert_eq!(settings.quiet_hours.len(), 3);
    assert!(settings.subscriptions["backups"].mute);
}

#[test]
fn connection_problems_are_told_after_as_long_as_the_person_says_or_never() {
    let tell_after = |text: &str| read_all(text).problems.tell_after;
    assert_eq!(tell_after(""), Some(Duration::from_secs(120)));
    assert_eq!(tell_after("[problems]\n"), Some(Duration::from_secs(120)));
    assert_eq!(tell_after("[problems]\ntell_after = \"10m\""), Some(Duration::from_secs(600)));
    assert_eq!(tell_after("[problems]\ntell_after = \"never\""), None);
    let wrong = problem("[problems]\ntell_after = \"often\"");
    assert!(wrong.contains("line 2") && wrong.contains("or \"never\""), "{wrong}");
}

#[test]
fn more_schemes_may_be_opened_but_never_one_that_runs_or_reads_things() {
    let links = read_all("[links]\nschemes = [\"ssh\", \"Matrix\"]\n").links;
    assert!(links.judge("ssh://a.example/").is_ok() && links.judge("matrix:u/a:b").is_ok());
    assert!(Settings::default().links.judge("ssh://a.example/").is_err());
    let said = problem("[links]\nschemes = [\"ssh\", \"file\"]\n");
    assert!(said.contains("line 2") && said.contains("\"file\" are never opened"), "{said}");
    let said = problem("[links]\nscheme = []\n");
    assert!(said.contains("unknown field `scheme`"), "{said}");
}

#[test]
fn the_most_urgent_stays_until_it_is_seen_or_as_long_as_the_person_says() {
    let stays = |text: &str| read_all(text).notifications.urgent_stays;
    assert_eq!(stays(""), None);
    assert_eq!(stays("[notifications]\nurgent_stays = \"until seen\""), None);
    let ten = Some(Duration::from_secs(600));
    assert_eq!(stays("[notifications]\nurgent_stays = \"10m\""), ten);
    let wrong = problem("[notifications]\nurgent_stays = \"long\"");
    assert!(wrong.contains("line 2") && wrong.contains("or \"until seen\""), "{wrong}");
}

#[test]
fn the_key_of_harks_own_messages_is_no_subscriptions() {
    let wrong = problem("[subscriptions.hark]\nurl = \"http://a/\"\n");
    assert!(wrong.contains("line 2") && wrong.contains("choose another one"), "{wrong}");
    assert_eq!(key_for("Hark", &"http://a/x".parse().unwrap(), |_| false), "hark-2");
}
