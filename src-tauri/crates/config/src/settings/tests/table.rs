//! One subscription's tables, taken out and put back.

use std::fs;

use crate::settings::{set_name, set_table, table_of};

const FILE: &str = "\
# mine
[keep]
days = 9

# the builds
[subscriptions.builds]
url = \"http://a.example/\" # home
name = \"Builds\"

[[subscriptions.builds.rules]]
then = \"quiet\" # all

[subscriptions.other]
url = \"http://b.example/\"

[links]
schemes = [\"ssh\"]
";

fn file() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    fs::write(&path, FILE).unwrap();
    (folder, path)
}

#[test]
fn a_table_that_is_put_back_as_it_was_changes_nothing() {
    let (_folder, path) = file();
    let (key, text) = table_of(&path, "Builds").unwrap();
    assert_eq!(key, "builds");
    let (begins, ends) = (FILE.find("# the builds"), FILE.find("\n[subscriptions.other]"));
    assert_eq!(text, FILE[begins.unwrap()..ends.unwrap()]);
    set_table(&path, &key, &text).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap().trim(), FILE.trim());
}

#[test]
fn what_is_edited_takes_its_place_and_all_else_stays() {
    let (_folder, path) = file();
    let (key, text) = table_of(&path, "builds").unwrap();
    let edited = text.replace("# home", "# moved\nmute = true").replace("a.example", "c.example");
    set_table(&path, &key, &edited).unwrap();
    let now = fs::read_to_string(&path).unwrap();
    let wanted = FILE.replace("# home", "# moved\nmute = true").replace("a.example", "c.example");
    assert_eq!(now.trim(), wanted.trim());
    for (bad, word) in [
        ("[subscriptions.builds]\nurl = \"http://a.example/\"\nretri = 1\n", "retri"),
        ("[subscriptions.elsewhere]\nurl = \"http://a.example/\"\n", "builds"),
        ("[subscriptions.builds]\nurl = \"http://a.example/\"\n[links]\nschemes = []\n", "builds"),
        ("not toml", "line"),
        ("", "builds"),
    ] {
        let said = set_table(&path, &key, bad).unwrap_err().to_string();
        assert!(said.contains(word), "{bad}: {said}");
        assert_eq!(fs::read_to_string(&path).unwrap(), now);
    }
}

#[test]
fn a_name_changes_and_the_key_stays() {
    let (_folder, path) = file();
    assert_eq!(set_name(&path, "Builds", "Nightly").unwrap().answer, "builds");
    assert_eq!(set_name(&path, "other", "Others").unwrap().answer, "other");
    let now = fs::read_to_string(&path).unwrap();
    assert!(now.contains("name = \"Nightly\"\n") && now.contains("name = \"Others\"\n"), "{now}");
    assert!(set_name(&path, "nobody", "x").is_err());
}
