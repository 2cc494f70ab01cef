//! What is said of each finding, case by case: each begins with a machine on which all is well.

use hark_engine::failure::Cause;

use super::{Desktop, *};
use crate::tests::{refused, right};

fn desktop() -> Desktop {
    Desktop {
        session: Some(Ok(())),
        notifications: Ok(("dunst 1.9".to_owned(), vec!["body".to_owned(), "actions".to_owned()])),
        tray_host: Some(true),
        autostart: Autostart::Unit,
        sleep: Some(Ok(true)),
        network: Ok(()),
    }
}

pub(super) fn server() -> Server {
    Server {
        key: "builds".to_owned(),
        origin: "https://push.example".to_owned(),
        credentials: Credentials::Read,
        visit: Visit::Seen(Box::new(right()), Some(-2)),
        heartbeat: None,
        is_live: Some(true),
    }
}

fn files() -> Files {
    let folder = Folder {
        path: "/home/me/.local/share/hark".to_owned(),
        is_private: true,
        found: Ok(Permissions::Told { is_mine: true, mode: 0o700 }),
    };
    Files {
        settings: Ok(1),
        presets: Vec::new(),
        folders: vec![folder],
        free_bytes: Ok(50 << 30),
        database: Ok(Database { problem: None, whole: true }),
    }
}

pub(super) fn here() -> Here {
    let agent = Agent {
        version: "1.0.0".to_owned(),
        own_version: "1.0.0".to_owned(),
        conditions: Vec::new(),
    };
    Here { desktop: Some(desktop()), files: files(), agent: Ok(agent), servers: vec![server()] }
}

/// All that is not well, as a line each.
fn said(here: &Here) -> Vec<String> {
    let marked = judge(here).into_iter().filter(|check| check.mark != Mark::Ok);
    let line = |check: Check| {
        let advice = check.advice.map(|advice| format!(" | {advice}")).unwrap_or_default();
        format!("{:?} {}: {}{advice}", check.mark, check.about, check.seen)
    };
    marked.map(line).collect()
}

#[test]
fn where_all_is_well_each_has_a_tick_and_nothing_is_to_be_done() {
    let checks = judge(&here());
    assert!(
        checks.iter().all(|check| check.mark == Mark::Ok && check.advice.is_none()),
        "{checks:#?}"
    );
    let abouts: Vec<&str> = checks.iter().map(|check| check.about).collect();
    let wanted = [
        "session bus",
        "notifications",
        "tray",
        "autostart",
        "sleep",
        "network",
        "clock",
        "settings",
        "credentials",
        "folder",
        "room",
        "agent",
        "database",
        "dns",
        "tcp",
        "tls",
        "http",
        "first byte",
        "heartbeat",
        "resume",
    ];
    assert_eq!(abouts, wanted);
    let system = Here { desktop: None, ..here() };
    assert!(judge(&system).iter().all(|check| check.group != Group::Desktop));
}

/// Changes a machine that is well, and tells what is said then.
fn changed(change: impl FnOnce(&mut Here)) -> Vec<String> {
    let mut here = here();
    change(&mut here);
    said(&here)
}

fn of_desktop(change: impl FnOnce(&mut Desktop)) -> Vec<String> {
    let mut desktop = self::desktop();
    change(&mut desktop);
    said(&Here { desktop: Some(desktop), ..here() })
}

#[test]
fn what_a_desktop_lacks_is_told_with_what_to_do() {
    assert_eq!(
        of_desktop(|it| it.session = Some(Err("no address".into()))),
        [
            "Warning session bus: There is none: no address. | Nothing can be shown without a desktop; on a \
          server that is as it should be: hark agent --headless"
        ]
    );
    assert_eq!(
        of_desktop(|it| it.notifications = Err("the name has no owner".into())),
        [
            "Wrong notifications: Nobody shows them: the name has no owner. | Install and start a notification \
          server, such as dunst or mako."
        ]
    );
    assert_eq!(
        of_desktop(|it| it.tray_host = Some(false)),
        [
            "Warning tray: The desktop shows no icons of programs. | On GNOME, install the extension \
          AppIndicator; without it, hark open shows the window."
        ]
    );
    for (autostart, seen) in [
        (Autostart::Off, "The agent does not start with the desktop."),
        (Autostart::Both, "The agent is started twice: by its systemd unit and by an entry."),
    ] {
        let wanted = format!("Warning autostart: {seen} | hark autostart on");
        assert_eq!(of_desktop(|it| it.autostart = autostart), [wanted]);
    }
    assert_eq!(of_desktop(|it| it.autostart = Autostart::Entry), Vec::<String>::new());
    let without =
        of_desktop(|it| (it.session, it.autostart) = (Some(Err("no".into())), Autostart::Off));
    assert_eq!(without.len(), 1, "where there is none, nothing starts with it: {without:?}");
    for sleep in [Ok(false), Err("no such file".to_owned())] {
        assert_eq!(of_desktop(|it| it.sleep = Some(sleep)), Vec::<String>::new(), "the clocks do");
    }
    assert_eq!(
        of_desktop(|it| it.network = Err("not permitted".into())),
        [
            "Warning network: Its changes are not told: not permitted. What is lost is noticed by its \
          heartbeat alone."
        ]
    );
}

#[test]
fn a_clock_is_held_against_the_nearest_of_the_servers() {
    let with = |ahead: &[Option<i64>]| {
        let visits = ahead.iter().map(|ahead| Visit::Seen(Box::new(right()), *ahead));
        let servers = visits.map(|visit| Server { visit, ..server() }).collect();
        said(&Here { servers, ..here() })
    };
    assert_eq!(with(&[Some(9_000), Some(-30)]), Vec::<String>::new());
    assert_eq!(with(&[None]), ["Unknown clock: No server told its time."]);
    for (ahead, seen) in [(90, "90 s ahead of"), (-7_200, "7200 s behind")] {
        let wanted = format!("Wrong clock: It is {seen} the servers'. | timedatectl set-ntp true");
        assert_eq!(with(&[Some(ahead)]), [wanted]);
    }
}

#[test]
fn what_is_wrong_with_a_file_is_told_with_what_to_do() {
    let of_files = |change: fn(&mut Files)| changed(|here| change(&mut here.files));
    let path = "/home/me/.local/share/hark";
    assert_eq!(
        of_files(|it| it.settings = Err("config.toml has an error in line 3, column 1: x.".into())),
        [
            "Wrong settings: config.toml has an error in line 3, column 1: x. | Until that is mended, what was \
          in force before stays so."
        ]
    );
    let without_agent = changed(|here| {
        here.files.settings = Err("config.toml has an error.".into());
        here.agent = Err("No agent is running.".into());
    });
    assert_eq!(
        without_agent[0],
        "Wrong settings: config.toml has an error. | Mend that first: where no agent runs, nothing is in force."
    );
    assert_eq!(
        of_files(|it| it.settings = Ok(0)),
        ["Warning settings: They can be read, and nothing is followed. | hark add URL"]
    );
    assert_eq!(of_files(|it| it.presets = vec!["A.".into()]), ["Wrong presets: A."]);
    for (found, wanted) in [
        (Ok(Permissions::NotYet), None),
        (Ok(Permissions::NotTold), None),
        (
            Ok(Permissions::Told { is_mine: false, mode: 0o700 }),
            Some(format!(
                "Wrong folder: {path} belongs to another user. | Give it to yourself, or choose another one with --profile DIR."
            )),
        ),
        (
            Ok(Permissions::Told { is_mine: true, mode: 0o500 }),
            Some(format!("Wrong folder: {path} cannot be used (500). | chmod 700 {path}")),
        ),
        (
            Ok(Permissions::Told { is_mine: true, mode: 0o755 }),
            Some(format!("Warning folder: Others may enter {path} (755). | chmod 700 {path}")),
        ),
        (Err("no".to_owned()), Some(format!("Wrong folder: {path} cannot be looked at: no."))),
    ] {
        let said = changed(|here| here.files.folders[0].found = found);
        assert_eq!(said, wanted.into_iter().collect::<Vec<_>>());
    }
    let open = |mode| {
        changed(|here| {
            here.files.folders[0] = Folder {
                is_private: false,
                found: Ok(Permissions::Told { is_mine: true, mode }),
                ..here.files.folders[0].clone()
            };
        })
    };
    assert_eq!(open(0o755), Vec::<String>::new());
    assert_eq!(
        open(0o777),
        [format!("Wrong folder: Others may write into {path} (777). | chmod go-w {path}")]
    );
    for (bytes, wanted) in [
        (
            1_u64 << 20,
            "Wrong room: 1 MiB are free where the database is. | Make room: nothing that comes can be kept.",
        ),
        (
            100 << 20,
            "Warning room: 100 MiB are free where the database is. | Make room before it is full; [keep] in the settings bounds what Hark keeps.",
        ),
    ] {
        assert_eq!(changed(|here| here.files.free_bytes = Ok(bytes)), [wanted]);
    }
}

#[test]
fn what_the_agent_says_is_told_and_without_one_that_is() {
    let none = changed(|here| {
        here.agent = Err("No agent is running.".into());
        here.files.database = Err("No agent is running.".into());
    });
    assert_eq!(
        none,
        [
            "Warning agent: No agent is running. | hark open, or on a server: hark agent --headless",
            "Unknown database: No agent is running. Only an agent looks into it.",
        ]
    );
    let told = changed(|here| {
        let condition = |is_error, sentence: &str| Condition {
            is_error,
            code: "code".to_owned(),
            subscription: None,
            sentence: sentence.to_owned(),
        };
        let conditions = vec![condition(true, "It is full."), condition(false, "It is old.")];
        here.agent = Ok(Agent { version: "0.9.0".into(), own_version: "1.0.0".into(), conditions });
        here.files.database = Ok(Database { problem: Some("row\n7".into()), whole: true });
    });
    assert_eq!(
        told,
        [
            "Warning agent: It runs in version 0.9.0, and this is 1.0.0. | Start it anew: hark stop, then \
             hark open",
            "Wrong agent: It is full.",
            "Warning agent: It is old.",
            "Wrong database: It is damaged, as SQLite says: row 7. | Stop the agent and move the file away: \
             hark stop. What servers still hold comes again.",
        ]
    );
    let large = changed(|here| here.files.database = Ok(Database { problem: None, whole: false }));
    assert!(large[0].starts_with("Unknown database: It is too large"), "{large:?}");
}

#[test]
fn a_server_that_fails_is_told_at_its_step_and_those_behind_it_were_not_come_to() {
    for (cause, at) in [
        (Cause::NameNotResolved, 0),
        (Cause::ConnectionRefused, 1),
        (Cause::ConnectTimeout, 1),
        (Cause::NoRoute, 1),
        (Cause::TlsTimeout, 2),
        (Cause::Certificate { detail: "expired".into() }, 2),
        (Cause::HeadersTimeout, 3),
    ] {
        let sentence = cause.sentence("https://push.example");
        let visit = Visit::Seen(Box::new(refused(cause)), None);
        let checks =
            judge(&Here { desktop: None, servers: vec![Server { visit, ..server() }], ..here() });
        let steps: Vec<&Check> =
            checks.iter().filter(|check| check.group == Group::Subscription).collect();
        let marks: Vec<Mark> = steps.iter().map(|check| check.mark).collect();
        let mut wanted = vec![Mark::Ok; at];
        wanted.push(Mark::Wrong);
        wanted.resize(7, Mark::Unknown);
        // Nothing is encrypted or not where nobody has answered.
        if at > 2 {
            wanted[2] = marks[2];
        }
        assert_eq!(marks, wanted, "{sentence}");
        assert_eq!(steps[at].seen, sentence);
    }
}

#[test]
fn what_needs_no_tls_has_no_such_step_and_what_lacks_it_does() {
    let tls = |url: &str, is_seen: bool| {
        let mut seen = if is_seen { right() } else { refused(Cause::ConnectionRefused) };
        seen.url = url.parse().unwrap();
        for (head, _) in &mut seen.heads {
            head.url = seen.url.clone();
        }
        let visit = Visit::Seen(Box::new(seen), None);
        let checks = judge(&Here { servers: vec![Server { visit, ..server() }], ..here() });
        checks.into_iter().find(|check| check.about == "tls").map(|check| check.mark)
    };
    for (url, seen, unseen) in [
        ("https://push.example/", Some(Mark::Ok), Some(Mark::Unknown)),
        ("http://127.0.0.1:80/", None, None),
        ("http://push.example/", Some(Mark::Warning), None),
    ] {
        assert_eq!((tls(url, true), tls(url, false)), (seen, unseen), "{url}");
    }
}

#[test]
fn one_that_is_not_visited_says_why() {
    let with = |credentials, visit, is_live| {
        let server = Server { credentials, visit, is_live, ..server() };
        let here = Here { desktop: None, servers: vec![server], ..here() };
        judge(&here).pop().map(|check| (check.mark, check.seen)).unwrap()
    };
    let paused = with(Credentials::None, Visit::Paused, Some(false));
    assert_eq!(paused, (Mark::Ok, "It is paused, and was not visited.".to_owned()));
    let without = "It was not visited: its credential is not to be had here.";
    for (credentials, is_live, mark, more) in [
        (Credentials::Elsewhere, Some(true), Mark::Ok, " The agent is connected."),
        (Credentials::Elsewhere, Some(false), Mark::Wrong, " The agent is not connected."),
        (Credentials::Elsewhere, None, Mark::Unknown, ""),
        (Credentials::Wrong("x".into()), None, Mark::Wrong, ""),
    ] {
        assert_eq!(with(credentials, Visit::Without, is_live), (mark, format!("{without}{more}")));
    }
    let late = with(Credentials::Read, Visit::Late(Duration::from_secs(60)), Some(true));
    assert_eq!(
        late,
        (Mark::Wrong, "It could not be seen within 60 s. The agent is connected.".to_owned())
    );
}
