//! How the settings file is changed.

use super::*;
use crate::kept;

#[test]
fn edits_keep_what_the_person_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    let text = "# mine\n[subscriptions.a] # first\nurl   = \"https://a.example/\"\n";
    fs::write(&path, text).unwrap();
    let new = NewSubscription {
        bearer: Some(Credential::Env("T".into())),
        ca: Some("/etc/mine.pem".into()),
        ..NewSubscription::plain("https://b.example/builds".parse().unwrap(), "nchan")
    };
    assert_eq!(add(&path, &new).unwrap().answer, "builds");
    set_paused(&path, &["builds".into()], true).unwrap();
    let wanted = format!(
        "{text}\n[subscriptions.builds]\nurl = \"https://b.example/builds\"\nfeed = \"nchan\"\n\
         bearer = {{ env = \"T\" }}\nca = \"/etc/mine.pem\"\npaused = true\n"
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
    let new = NewSubscription::plain(url, "json");
    assert_eq!(add(&path, &new).unwrap().answer, "b-example");
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
fn edits_at_the_same_time_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    let new = |number: usize| NewSubscription {
        name: Some(format!("n{number}")),
        ..NewSubscription::plain(format!("https://a.example/{number}").parse().unwrap(), "json")
    };
    std::thread::scope(|scope| {
        for number in 0..16 {
            let path = &path;
            scope.spawn(move || {
                let key = add(path, &new(number)).unwrap().answer;
                set_paused(path, std::slice::from_ref(&key), true).unwrap();
                if number % 2 == 1 {
                    remove(path, &key).unwrap();
                }
            });
        }
    });
    let settings = read_all(&fs::read_to_string(&path).unwrap());
    let mut keys: Vec<_> = settings.subscriptions.keys().cloned().collect();
    keys.sort_by_key(|key| key[1..].parse::<u32>().unwrap());
    assert_eq!(keys, ["n0", "n2", "n4", "n6", "n8", "n10", "n12", "n14"]);
    assert!(settings.subscriptions.values().all(|one| one.paused));
    // Only the settings and the lock are left.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

/// What an edit makes of a text.
fn edited(text: &str, edit: impl Fn(&Path)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    fs::write(&path, text).unwrap();
    edit(&path);
    fs::read_to_string(&path).unwrap()
}

#[test]
fn topics_are_a_name_and_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    let follow = |url: &str, feed: &str| {
        let url = url.parse().unwrap();
        let new = NewSubscription::plain(url, feed);
        add(&path, &new).unwrap().answer
    };
    for (url, feed, key) in [
        ("https://ntfy.sh/alerts,backups/sse", "ntfy", "ntfy"),
        ("https://ntfy.sh/other/sse", "ntfy", "ntfy-2"),
        ("http://192.168.1.7/alerts/sse", "ntfy", "ntfy-3"),
        ("https://push.example/alerts/sse", "ntfy", "push"),
        ("https://www.push.example/alerts", "unknown", "push-2"),
        ("http://localhost/alerts", "unknown", "stream"),
        ("https://push.example/events", "json", "events"),
        (
            "http://a.example/api/realtime?collection=jobs&collection=alerts",
            "pocketbase",
            "jobs-alerts",
        ),
    ] {
        assert_eq!(follow(url, feed), key, "{url}");
    }
    let settings = read_all(&fs::read_to_string(&path).unwrap());
    let name = |key: &str| settings.subscriptions[key].name.clone();
    assert_eq!(name("ntfy").as_deref(), Some("alerts, backups"));
    assert_eq!((name("push-2"), name("events")), (None, None));
    for (word, key) in [("ntfy-2", "ntfy-2"), ("other", "ntfy-2"), ("x", "x")] {
        assert_eq!(key_of(&settings.subscriptions, word).unwrap(), key, "{word}");
    }
    let several = key_of(&settings.subscriptions, "alerts").unwrap_err().to_string();
    assert!(several.ends_with("by its key: ntfy-3, push"), "{several}");
    let error = set_name(&path, "x", "").unwrap_err().to_string();
    assert!(error.contains("at least one character"), "{error}");
    assert_eq!(remove(&path, "other").unwrap().answer, "ntfy-2", "by its name, without an agent");
    let url = "https://www.push.example/alerts/sse".parse().unwrap();
    let known = set_feed(&path, "push-2", "ntfy", &url).unwrap().settings;
    assert_eq!(known.subscriptions["push-2"].name.as_deref(), Some("alerts"), "the name follows");
}

#[test]
fn what_is_recognised_is_written_where_nothing_was_known() {
    let url = "http://a/sse".parse().unwrap();
    let set = |text: &str| edited(text, |path| drop(set_feed(path, "a", "ntfy", &url).unwrap()));
    let unknown = "# mine\n[subscriptions.a]\nurl = \"http://a/\" # there\nfeed = \"unknown\"\n";
    let known = unknown.replace("unknown", "ntfy").replace("http://a/\"", "http://a/sse\"");
    assert_eq!(set(unknown), known);
    // What the person has written meanwhile stays, also where it is gone.
    for text in [known.replace("ntfy", "json").as_str(), "[subscriptions.b]\nurl = \"http://b/\"\n"]
    {
        assert_eq!(set(text), text);
    }
}

#[test]
fn removing_a_table_keeps_the_comments_that_are_not_about_it() {
    let (a, b) =
        ("[subscriptions.a]\nurl = \"http://a/\"\n", "[subscriptions.b]\nurl = \"http://b/\"\n");
    let sub = "[subscriptions.a.headers]\nX.env = \"X\"\n";
    let without_a = |text: &str| edited(text, |path| drop(remove(path, "a").unwrap()));
    let text = format!("# All.\n\n# More.\n\n# About a.\n{a}{sub}\n# About b.\n{b}# End.\n");
    let wanted = format!("# All.\n\n# More.\n\n# About b.\n{b}# End.\n");
    assert_eq!(without_a(&text), wanted);
    assert_eq!(without_a(&format!("# All.\n\n{a}{b}")), format!("# All.\n\n{b}"));
    assert_eq!(without_a(&format!("# All.\n\n{a}")), "# All.\n");
    assert_eq!(without_a(&format!("{b}\n# Old.\n\n{a}# End.\n")), format!("{b}\n# Old.\n# End.\n"));
    // With a header of the outer table, the file's header belongs to that table.
    let text = format!("# All.\n[subscriptions]\n\n# Here.\n\n{a}\n{b}");
    assert_eq!(without_a(&text), format!("# All.\n[subscriptions]\n\n# Here.\n\n{b}"));
}

#[test]
fn the_first_subscription_comes_and_goes_without_a_trace() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    let url = "https://b.example/".parse().unwrap();
    let new = NewSubscription::plain(url, "json");
    let key = add(&path, &new).unwrap().answer;
    let text = fs::read_to_string(&path).unwrap();
    remove(&path, &key).unwrap();
    assert!(fs::read_to_string(&path).unwrap().starts_with("# Hark's settings."));
    add(&path, &new).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn the_fresh_text_is_settings_once_its_comments_are_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let (text, _) = file::read(&folder.path().join("config.toml"), &Presets::built_in()).unwrap();
    let example: String =
        text.lines().skip(2).map(|line| format!("{}\n", line.trim_start_matches("# "))).collect();
    assert!(read_all(&example).subscriptions.contains_key("builds"), "{example}");
    for feed in Presets::built_in().feeds() {
        assert!(text.contains(&feed), "{text}");
    }
}

#[test]
fn a_comment_at_paused_stays_when_it_is_resumed() {
    let table = "[subscriptions.a]\nurl = \"http://a/\"\n";
    let pause = |text: &str, paused| {
        edited(text, |path| drop(set_paused(path, &["a".into()], paused).unwrap()))
    };
    for (above, behind) in [("# Noisy.\n", ""), ("", " # until May")] {
        let text = |paused: bool| format!("{table}{above}paused = {paused}{behind}\n");
        assert_eq!(pause(&text(true), false), text(false));
        assert_eq!(pause(&text(false), true), text(true));
    }
    assert_eq!(pause(&format!("{table}paused = true\n"), false), table);
    assert_eq!(pause(table, false), table);
    let mute = |text: &str, muted| {
        edited(text, |path| drop(set_muted(path, &["a".into()], muted).unwrap()))
    };
    assert_eq!(mute(table, true), format!("{table}mute = true\n"));
    assert_eq!(mute(&format!("{table}mute = true\n"), false), table);
    let commented = format!("{table}mute = true # on holiday\n");
    assert_eq!(mute(&commented, false), commented.replace("true", "false"));
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

#[test]
fn a_token_that_was_asked_for_goes_with_the_last_that_uses_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    let put = |file: PathBuf| {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "secret").unwrap();
        file
    };
    let asked = put(folder.path().join(kept::FOLDER).join("a.example"));
    let own = put(folder.path().join("mine/token"));
    let table = |key: &str, token: &PathBuf| {
        let token = token.display();
        format!("[subscriptions.{key}]\nurl = \"http://{key}/\"\nbearer = {{ file = '{token}' }}\n")
    };
    let sends = table("d", &own) + &format!("publish.bearer.file = '{}'\n", asked.display());
    let text = [table("a", &asked), table("b", &asked), table("c", &own), sends.clone()].concat();
    fs::write(&path, text).unwrap();
    remove(&path, "d").unwrap();
    remove(&path, "a").unwrap();
    assert!(asked.exists(), "b uses it");
    remove(&path, "b").unwrap();
    remove(&path, "c").unwrap();
    assert!(!asked.exists() && own.exists());

    put(asked.clone());
    fs::write(&path, table("a", &asked) + &sends).unwrap();
    remove(&path, "a").unwrap();
    assert!(asked.exists(), "d sends with it");
}

#[test]
fn all_that_is_said_of_a_new_one_is_written_and_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    let secret = |name: &str| kept::folder_of(&path).join(name);
    fs::create_dir(kept::folder_of(&path)).unwrap();
    let (password, key) = (secret("a.example"), secret("a.example-2"));
    for file in [&password, &key] {
        fs::write(file, "secret").unwrap();
    }
    let basic =
        Basic { user: "me \"quoted\"".into(), password: Credential::File(password.clone()) };
    let new = NewSubscription {
        basic: Some(basic.clone()),
        headers: [("X-Key".to_owned(), Credential::File(key.clone()))].into(),
        proxy: Some("socks5://127.0.0.1:1080".into()),
        paused: true,
        ..NewSubscription::plain("https://a.example/x".parse().unwrap(), "json")
    };
    let added = add(&path, &new).unwrap();
    let one = &added.settings.subscriptions["x"];
    assert_eq!((&one.basic, one.paused), (&Some(basic), true));
    assert_eq!(one.headers["X-Key"], Credential::File(key.clone()));
    assert_eq!(one.proxy, read_proxy("socks5://127.0.0.1:1080").unwrap());
    remove(&path, "x").unwrap();
    assert!(!password.exists() && !key.exists(), "what was typed goes with it");
}

#[test]
fn rules_are_written_in_the_place_of_those_before_and_all_else_stays() {
    let before = "# Top.\n[subscriptions.a] # own\nurl = \"http://a/\"\n\n\
                  [[subscriptions.a.rules]]\ntag = \"old\"\n\n[subscriptions.b]\nurl = \"http://b/\"\n";
    let rules =
        "# Why.\n[[rules]]\ntag = \"new\" # note\nthen = \"quiet\"\n\n[[rules]]\ntext = \"x\"\n";
    let set =
        |text: &str, rules: &str| edited(text, |path| drop(set_rules(path, "a", rules).unwrap()));
    let after = set(before, rules);
    let read = read_all(&after);
    assert_eq!(read.subscriptions["a"].rules.len(), 2);
    assert!(read.subscriptions["b"].rules.is_empty());
    for kept in ["# Top.", "# own", "\n\n# Why.\n[[subscriptions.a.rules]]", "# note"] {
        assert!(after.contains(kept), "{after}");
    }
    assert!(!after.contains("old"), "{after}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    fs::write(&path, &after).unwrap();
    let given = rules_of(&path, "a").unwrap();
    assert_eq!(given.replace('\n', ""), rules.replace('\n', ""), "they come back as they were");
    assert_eq!(rules_of(&path, "b").unwrap(), "");
    assert!(matches!(rules_of(&path, "z"), Err(EditError::Unknown(_))));
    assert!(read_all(&set(&after, "")).subscriptions["a"].rules.is_empty());
    let inline = "[subscriptions]\na = { url = \"http://a/\" }\n";
    assert_eq!(read_all(&set(inline, rules)).subscriptions["a"].rules.len(), 2);
    let deep = "[[rules]]\nthen = \"quiet\"\n[rules.field]\nat = \"/x\"\nequals = 1\n";
    let others = |keys: [&str; 4]| {
        keys.map(|key| format!("[subscriptions.{key}]\nurl = \"http://{key}/\"\n")).concat()
    };
    for keys in [["a", "b", "c", "d"], ["b", "c", "d", "a"]] {
        let after = set(&others(keys), &deep.repeat(2));
        assert_eq!(read_all(&after).subscriptions["a"].rules.len(), 2);
        let own = after.find("[subscriptions.a]").unwrap();
        let last = after.rfind("[subscriptions.a.rules.field]").unwrap();
        assert!(own < last && !after[own..last].contains("http://b/"), "{after}");
    }
    let unknown = set_rules(Path::new("/nonexistent/config.toml"), "z", rules);
    assert!(unknown.is_err());
}
