//! A set-up that goes from one machine to another.

use std::{fs, path::PathBuf};

use crate::settings::{self, EditError, export, parse, read_set_up};

const FILE: &str = "\
# mine
[subscriptions.builds] # the builds
url = \"https://push.example/builds\"
feed = \"gitea\"
bearer = { file = \"/nowhere/token\" }

[subscriptions.alerts]
url = \"https://ntfy.example/alerts/sse?auth=Y2FuYXJ5\"
feed = \"ntfy\"
basic = { user = \"me\", password = { command = [\"canary-program\"] } }

[subscriptions.alerts.publish]
headers = { \"X-A\" = { command = [\"canary-program\"] } }

[[quiet_hours]]
from = \"22:00\"
to = \"7:00\"

[[handlers]]
name = \"mend\"
on = [\"lost\"]
run = [\"canary-program\"]
";
const PRESET: &str = "# Gitea's.\ntitle = \"/repository/name\"\n";

struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    fn with(text: &str) -> Self {
        let machine = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir_all(machine.path().with_file_name("presets")).unwrap();
        fs::write(machine.path(), text).unwrap();
        machine
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.path()).unwrap()
    }

    fn preset(&self, name: &str) -> PathBuf {
        self.path().with_file_name("presets").join(name)
    }

    /// What the other one exports, as a file.
    fn gets(&self, text: &str) -> PathBuf {
        let path = self.folder.path().join("set-up.toml");
        fs::write(&path, text).unwrap();
        path
    }
}

#[test]
fn a_set_up_arrives_with_comments_and_presets_and_without_what_would_run() {
    let first = Machine::with("");
    fs::write(first.preset("gitea.toml"), PRESET).unwrap();
    fs::write(first.preset("unused.toml"), PRESET).unwrap();
    fs::write(first.path(), FILE).unwrap();
    let exported = export(&first.path()).unwrap();
    assert_eq!(exported.shortened, ["alerts"]);
    assert!(!exported.text.contains("Y2FuYXJ5"), "{}", exported.text);
    assert!(!exported.text.contains("unused"), "{}", exported.text);

    let second = Machine::with("[subscriptions.builds]\nurl = \"https://other.example/\"\n");
    let set_up = read_set_up(&second.gets(&exported.text), &second.path()).unwrap();
    let before = second.text();
    let plan = set_up.plan(&second.path()).unwrap();
    assert_eq!(second.text(), before, "a plan changes nothing");
    assert!(!second.preset("gitea.toml").exists());
    let imported = set_up.import(&second.path()).unwrap().answer;
    assert_eq!(imported, plan);
    assert_eq!(imported.added, ["builds-2", "alerts"]);
    assert_eq!(imported.taken, ["quiet_hours"]);
    assert_eq!((imported.handlers, &*imported.without_command), (1, &["alerts".to_owned()][..]));
    assert_eq!(imported.missing, [("builds-2".to_owned(), "/nowhere/token".to_owned())]);
    let after = second.text();
    assert!(after.starts_with(&before) && after.contains("# the builds"), "{after}");
    assert!(!after.contains("canary-program") && !after.contains("handlers"), "{after}");
    assert_eq!(fs::read_to_string(second.preset("gitea.toml")).unwrap(), PRESET);

    let again = set_up.import(&second.path()).unwrap();
    assert_eq!((again.answer.known.len(), again.answer.added.len()), (2, 0));
    assert_eq!((again.stamp, second.text()), (None, after), "once is enough");
}

#[test]
fn what_is_here_stays_and_a_bad_set_up_changes_nothing() {
    let here = "[keep]\ndays = 9\n";
    let machine = Machine::with(here);
    fs::write(machine.preset("gitea.toml"), "title = \"/own\"\n").unwrap();
    let theirs = "[keep]\ndays = 1\n\n[presets.gitea]\ntitle = \"/theirs\"\n";
    let imported =
        read_set_up(&machine.gets(theirs), &machine.path()).unwrap().import(&machine.path());
    let imported = imported.unwrap().answer;
    assert_eq!(
        (&*imported.kept, &*imported.other_presets),
        (&["keep".to_owned()][..], &["gitea".to_owned()][..])
    );
    assert_eq!(machine.text(), here);
    for (bad, word) in [
        ("nonsense = 1", "nonsense"),
        ("[presets.ntfy]\ntitle = \"/a\"", "Hark's own feeds"),
        ("[presets]\na = 1", "no table"),
        ("[subscriptions.a]\nurl = \"ftp://a/\"", "http"),
        ("[subscriptions.a]\nurl = \"http://a/\"\nbearer = \"canary\"", "does not belong here"),
    ] {
        let Err(EditError::File(error)) = read_set_up(&machine.gets(bad), &machine.path()) else {
            panic!("{bad}");
        };
        let said = error.to_string();
        assert!(said.contains(word) && said.contains("set-up.toml"), "{said}");
        assert!(!said.contains("canary"), "{said}");
    }
    assert_eq!(machine.text(), here);
}

#[test]
fn an_export_without_presets_is_settings_as_they_are() {
    let machine = Machine::with("# mine\n[subscriptions.a]\nurl = \"http://a.example/\" # home\n");
    let exported = export(&machine.path()).unwrap();
    assert_eq!(exported.text, machine.text());
    let presets = crate::presets::Presets::built_in();
    let read = parse(&machine.path(), &exported.text, &presets).unwrap();
    assert_eq!(
        read.subscriptions["a"],
        settings::Subscription::plain("http://a.example/".parse().unwrap(), "json")
    );
}
