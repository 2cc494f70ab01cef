//! What the settings file may say, and how it is changed.

use std::{fs, path::Path, time::Duration};

use hark_engine::{backoff::Retry, heartbeat::Expect};

use super::*;

fn read_all(text: &str) -> Settings {
    parse(Path::new("config.toml"), text).unwrap()
}

fn problem(text: &str) -> String {
    parse(Path::new("config.toml"), text).unwrap_err().to_string()
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
    assert!(with("feed = \"pigeon\"").contains("there is no feed \"pigeon\"; known are "));
    assert!(with("bearer = \"literal\"").contains("line 3"));
    let ftp = problem("[subscriptions.a]\nurl = \"ftp://a.example\"\n");
    assert!(ftp.contains("Hark follows http and https URLs, not ftp"), "{ftp}");
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
fn edits_keep_what_the_person_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    let text = "# mine\n[subscriptions.a] # first\nurl   = \"https://a.example/\"\n";
    fs::write(&path, text).unwrap();
    let new = NewSubscription {
        url: "https://b.example/builds".parse().unwrap(),
        name: None,
        feed: "nchan".into(),
        bearer: Some(Credential::Env("T".into())),
    };
    assert_eq!(add(&path, &new).unwrap(), "builds");
    set_paused(&path, &["builds".into()], true).unwrap();
    let wanted = format!(
        "{text}\n[subscriptions.builds]\nurl = \"https://b.example/builds\"\nfeed = \"nchan\"\n\
         bearer = {{ env = \"T\" }}\npaused = true\n"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), wanted);
    assert!(matches!(add(&path, &new), Err(EditError::AlreadyFollowed(key)) if key == "builds"));
    remove(&path, "builds").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    assert!(matches!(remove(&path, "builds"), Err(EditError::Unknown(_))));
}

#[test]
fn a_first_subscription_makes_a_commented_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/config.toml");
    let url = "https://b.example/".parse().unwrap();
    let new = NewSubscription { url, name: None, feed: "json".into(), bearer: None };
    assert_eq!(add(&path, &new).unwrap(), "b-example");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("# Hark's settings."), "{text}");
    assert_eq!(read_all(&text).subscriptions.len(), 1);
}

#[test]
fn an_edit_that_changes_nothing_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    set_paused(&path, &[], true).unwrap();
    assert!(!path.exists());
}

#[test]
fn an_edit_of_a_bad_file_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    fs::write(&path, "nonsense = 1\n").unwrap();
    assert!(matches!(remove(&path, "a"), Err(EditError::File(_))));
    assert_eq!(fs::read_to_string(&path).unwrap(), "nonsense = 1\n");
}

#[test]
fn keys_are_short_plain_and_unique() {
    let url = |text: &str| text.parse::<Url>().unwrap();
    let free = |_: &str| false;
    assert_eq!(key_for("My Builds!", &url("https://a.example/x"), free), "my-builds");
    assert_eq!(key_for("", &url("https://a.example/sub/x.y/"), free), "x-y");
    assert_eq!(key_for("日本", &url("https://a.example/"), free), "a-example");
    assert_eq!(key_for("x", &url("https://a.example/"), |key| key != "x-3"), "x-3");
}
