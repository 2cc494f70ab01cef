//! What a form shows of a subscription, and what it writes.

use std::{collections::BTreeSet, fs, path::PathBuf};

use super::super::*;
use crate::{kept, presets::Presets};

const TEXT: &str = "\
# mine
[subscriptions.a] # the first
# where
url = \"https://a.example/x?token=s3cret&since=1\" # there
heartbeat = \"90s\"   # slow
# how much
keep = { days = 7 }
headers = { X-Key = { file = \"/k\" }, X-More = { command = [\"pass\", \"s3cret\"] } }
mute = true
[[subscriptions.a.rules]]
# noise
text = \"noise\"
then = \"quiet\"
[subscriptions.b]
url = \"https://b.example/\"
";

fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    fs::write(&path, text).unwrap();
    (folder, path)
}

fn text(text: &str) -> OptionValue {
    OptionValue::Text(text.into())
}

/// The file after these changes of `a`.
fn changed(path: &std::path::Path, change: impl FnOnce(&mut Options)) -> Result<String, EditError> {
    let (_, before) = options_of(path, "a")?;
    let mut after = before.clone();
    change(&mut after);
    set_options(path, "a", &before, &after)?;
    Ok(fs::read_to_string(path).unwrap())
}

#[test]
fn every_option_of_a_table_is_a_forms_or_has_a_place_of_its_own() {
    let elsewhere = ["mapping", "rules"];
    let one = "[subscriptions.a]\nurl = \"https://a.example/\"\n";
    for (table, within) in [
        ("", ""),
        ("publish", "publish."),
        ("keep", "keep."),
        ("basic", "basic."),
        ("client_certificate", "client_certificate."),
    ] {
        let wrong = match table {
            "" => format!("{one}none = 1\n"),
            table => format!("{one}{table} = {{ none = 1 }}\n"),
        };
        let said = parse("c.toml".as_ref(), &wrong, &Presets::built_in()).unwrap_err().to_string();
        let names = said.split('`').skip(3).step_by(2);
        let known: BTreeSet<&str> = options::names().collect();
        let mut seen = 0;
        for name in names.filter(|name| !elsewhere.contains(name)) {
            let whole = format!("{within}{name}");
            let inner = format!("{whole}.");
            let has = known.iter().any(|it| **it == whole || it.starts_with(&inner));
            assert!(has, "no form knows {whole}");
            seen += 1;
        }
        assert!(seen > 1, "{said}");
    }
}

#[test]
fn it_shows_no_secret() {
    let (_folder, path) = file(TEXT);
    let (key, options) = options_of(&path, "a").unwrap();
    assert_eq!(key, "a");
    assert_eq!(options["url"], text("https://a.example/x?since=1&…"));
    assert_eq!(options["feed"], text("json"));
    assert_eq!(options["keep.days"], OptionValue::Number(7));
    assert_eq!(options["mute"], OptionValue::Flag(true));
    let command = Credential::Command(vec!["pass".into()]);
    assert_eq!(options["headers.X-More"], OptionValue::Secret(command));
    assert!(!format!("{options:?}").contains("s3cret"));
    assert!(matches!(options_of(&path, "c"), Err(EditError::Unknown(_))));
}

#[test]
fn it_writes_what_was_changed_and_nothing_else() {
    let (_folder, path) = file(TEXT);
    let after = changed(&path, |options| {
        options.insert("heartbeat".into(), text("2m"));
        options.insert("name".into(), text("A"));
        options.insert("keep.days".into(), OptionValue::Number(9));
        options.remove("mute");
        options.insert("headers.X-Key".into(), OptionValue::Secret(Credential::Env("K".into())));
    });
    let wanted = TEXT
        .replace("\"90s\"", "\"2m\"")
        .replace("days = 7", "days = 9")
        .replace("mute = true\n", "name = \"A\"\n")
        .replace("{ file = \"/k\" }", "{ env = \"K\" }");
    assert_eq!(after.unwrap(), wanted);
    let none = changed(&path, |_| {}).unwrap();
    assert_eq!(none, wanted);
}

#[test]
fn comments_stay_where_an_option_goes() {
    let (_folder, path) = file(TEXT);
    let after = changed(&path, |options| {
        options.remove("heartbeat");
        options.remove("keep.days");
    })
    .unwrap();
    for comment in
        ["# mine", "# the first", "# where", "# there", "# slow", "# how much", "# noise"]
    {
        assert!(after.contains(comment), "{comment} is gone from\n{after}");
    }
    assert!(!after.contains("heartbeat") && !after.contains("keep"), "{after}");
    // The last one, with nothing behind it.
    let (_folder, path) =
        file("[subscriptions.a]\nurl = \"https://a.example/\"\n# loud\nmute = true # yes\n");
    let after = changed(&path, |options| drop(options.remove("mute"))).unwrap();
    assert_eq!(after, "[subscriptions.a]\nurl = \"https://a.example/\"\n# loud\n# yes\n");
}

#[test]
fn what_changed_in_the_file_meanwhile_is_not_overwritten() {
    let (_folder, path) = file(TEXT);
    let (_, before) = options_of(&path, "a").unwrap();
    let mut after = before.clone();
    after.insert("heartbeat".into(), text("2m"));
    fs::write(&path, TEXT.replace("90s", "95s")).unwrap();
    let said = set_options(&path, "a", &before, &after).unwrap_err();
    assert!(matches!(&said, EditError::Changed(what) if what == "heartbeat"), "{said}");
    // Another option of it may have.
    fs::write(&path, TEXT.replace("mute = true", "mute = false")).unwrap();
    let edit = set_options(&path, "a", &before, &after).unwrap();
    assert!(edit.text.contains("mute = false") && edit.text.contains("\"2m\""), "{}", edit.text);
}

#[test]
fn what_cannot_be_taken_is_told_by_its_option() {
    let (_folder, path) = file(TEXT);
    let of = |it: &str| it.to_owned();
    for (option, value, words, kind) in [
        ("heartbeat", text("soon"), "soon", Some(Fault::Length(of("soon")))),
        ("proxy", text("ftp://x"), "proxy", Some(Fault::Proxy)),
        ("proxy", text("http://a:b@x/"), "password", Some(Fault::ProxyPassword)),
        ("min_priority", OptionValue::Number(9), "1 (lowest) to 5", Some(Fault::Priority)),
        ("min_priority", text("5"), "no value", None),
        ("retry", text("often"), "fixed 5s", Some(Fault::Retry(of("often")))),
        ("cadence", text("30s"), "set one of them", None),
        ("keep.days", OptionValue::Number(0), "at least 1", Some(Fault::Least)),
        ("keep.bytes", text("much"), "no size", Some(Fault::Size(of("much")))),
        ("event_max", text("1 TiB"), "at most", Some(Fault::EventSize(of("64 MiB")))),
        ("feed", text("telex"), "telex", Some(Fault::Feed(of("telex")))),
        (
            "publish.url",
            text("ftp://x/"),
            "not ftp",
            Some(Fault::Address(AddressError::Scheme(of("ftp")))),
        ),
        ("url", text("https://b.example/x?…"), "address anew", Some(Fault::HiddenAddress)),
        (
            "bearer",
            OptionValue::Secret(Credential::Command(vec!["rm".into()])),
            "settings file alone",
            Some(Fault::Command),
        ),
        ("rules", text(""), "no such option", None),
    ] {
        let said =
            changed(&path, |options| drop(options.insert(option.into(), value))).unwrap_err();
        let EditError::Unfit { option: found, message, fault } = said else {
            panic!("{option}: {said}")
        };
        assert_eq!((found.as_deref(), fault), (Some(option), kind), "{message}");
        assert!(message.contains(words), "{option}: {message}");
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), TEXT);
    let said = changed(&path, |options| {
        options.insert("url".into(), text("https://b.example/"));
    });
    assert!(matches!(said, Err(EditError::AlreadyFollowed(key)) if key == "b"));
}

#[test]
fn a_typed_secret_goes_with_the_option_that_names_it() {
    let (_folder, path) = file("[subscriptions.a]\nurl = \"https://a.example/\"\n");
    let keep = |secret: &str| {
        let kept = kept::keep(&path, "a.example", secret).unwrap().keep();
        let credential = OptionValue::Secret(Credential::File(kept.clone()));
        changed(&path, |options| drop(options.insert("bearer".into(), credential))).unwrap();
        kept
    };
    let (first, second) = (keep("one"), keep("two"));
    assert!(!first.exists() && second.exists());
    changed(&path, |options| drop(options.remove("bearer"))).unwrap();
    assert!(!second.exists());
}

#[test]
fn a_draft_is_what_would_be_written() {
    let (_folder, path) = file(TEXT);
    let mut new = NewSubscription::plain("https://ntfy.sh/x,y".parse().unwrap(), "ntfy");
    new.options.insert("proxy".into(), text("none"));
    new.options.insert("keep.days".into(), OptionValue::Number(3));
    assert_eq!(new.called(), "x, y");
    let one = draft(&path, &new).unwrap();
    assert_eq!(one.keep.days, Some(3));
    let added = add(&path, &new).unwrap();
    assert_eq!(added.settings.subscriptions[&added.answer], one);
    let (_, before) = options_of(&path, "a").unwrap();
    let mut after = before.clone();
    after.insert("url".into(), text("https://c.example/"));
    let (old, one) = draft_options(&path, "a", &before, &after).unwrap();
    assert_eq!((old.url.host_str(), one.url.as_str()), (Some("a.example"), "https://c.example/"));
}
