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
    assert_eq!((&*exported.shortened, exported.handlers), (&["alerts".to_owned()][..], true));
    assert_eq!(exported.without_command, ["alerts"]);
    for gone in ["Y2FuYXJ5", "canary", "handlers", "unused"] {
        assert!(!exported.text.contains(gone), "{gone}: {}", exported.text);
    }

    let second = Machine::with("[subscriptions.builds]\nurl = \"https://other.example/\"\n");
    let set_up = read_set_up(&second.gets(&exported.text), &second.path()).unwrap();
    let before = second.text();
    let plan = set_up.plan(&second.path(), false).unwrap();
    assert_eq!(second.text(), before, "a plan changes nothing");
    assert!(!second.preset("gitea.toml").exists());
    let imported = set_up.import(&second.path(), false).unwrap().answer;
    assert_eq!(imported, plan);
    let added: Vec<&str> = imported.added.iter().map(|(key, _)| &**key).collect();
    assert_eq!(added, ["builds-2", "alerts"]);
    assert_eq!(imported.taken, ["[[quiet_hours]]\nfrom = \"22:00\"\nto = \"7:00\""]);
    assert_eq!((&*imported.without, imported.sends.len()), (&["builds-2".to_owned()][..], 0));
    let after = second.text();
    assert!(after.starts_with(&before) && after.contains("# the builds"), "{after}");
    assert!(!after.contains("/nowhere/token"), "{after}");
    assert_eq!(fs::read_to_string(second.preset("gitea.toml")).unwrap(), PRESET);

    let again = set_up.import(&second.path(), false).unwrap();
    assert_eq!((again.answer.known.len(), again.answer.added.len()), (2, 0));
    assert_eq!((again.stamp, second.text()), (None, after), "once is enough");
}

#[test]
fn an_export_leaves_out_parameters_that_are_called_like_secrets() {
    let url = "https://push.example/x?topic=a%20b&apikey=canary&Access-Token=canary&sig=canary&n=1";
    let publish = "publish = { url = \"https://push.example/p?secret=canary\" }";
    let machine = Machine::with(&format!("[subscriptions.a]\nurl = \"{url}\"\n{publish}\n"));
    let exported = export(&machine.path()).unwrap();
    assert!(!exported.text.contains("canary"), "{}", exported.text);
    assert!(exported.text.contains("x?topic=a+b&n=1"), "{}", exported.text);
    assert_eq!(exported.shortened, ["a"]);
}

#[test]
fn no_secret_of_this_computer_goes_to_a_server_that_a_set_up_names_unless_the_person_says_so() {
    let theirs = "\
[subscriptions.evil]
url = \"https://evil.example/\"
bearer.file = \"/etc/passwd\"
headers = { X-Home = { env = \"HOME\" } }
client_certificate = { certificate = \"/c\", key = \"/nowhere/key\" }
[subscriptions.evil.publish]
url = \"https://other.example/\"
bearer = { env = \"GITHUB_TOKEN\" }

[subscriptions.runs]
url = \"https://evil.example/2\"
bearer.command = [\"canary\"]
publish.headers.X-A.command = [\"canary\"]

[relay]
listen = \"127.0.0.1:7275\"
origins = [\"https://evil.example\"]

[links]
schemes = [\"ssh\"]

[[handlers]]
name = \"canary\"
on = \"lost\"
run = [\"canary\"]
";
    let machine = Machine::with("");
    let set_up = read_set_up(&machine.gets(theirs), &machine.path()).unwrap();
    let imported = set_up.import(&machine.path(), false).unwrap().answer;
    assert_eq!(imported.left_out, ["relay", "links", "handlers"]);
    assert_eq!(
        (&*imported.without, imported.sends.len()),
        (&["evil".to_owned(), "runs".to_owned()][..], 0)
    );
    let text = machine.text();
    for gone in ["passwd", "HOME", "GITHUB_TOKEN", "/nowhere/key", "canary", "relay", "schemes"] {
        assert!(!text.contains(gone), "{gone}: {text}");
    }

    let machine = Machine::with("");
    let imported = set_up.import(&machine.path(), true).unwrap().answer;
    assert_eq!(imported.without, ["runs"]);
    let sends: Vec<_> = imported
        .sends
        .iter()
        .map(|sends| format!("{} {} {} {}", sends.key, sends.secret, sends.to, sends.is_missing))
        .collect();
    assert_eq!(
        sends,
        [
            "evil the file /etc/passwd https://evil.example false",
            "evil the environment variable HOME https://evil.example false",
            "evil the file /nowhere/key https://evil.example true",
            "evil the environment variable GITHUB_TOKEN https://other.example false",
        ]
    );
    assert!(!machine.text().contains("canary"), "{}", machine.text());
}

#[test]
fn what_is_here_stays_and_a_bad_set_up_changes_nothing() {
    let here = "[keep]\ndays = 9\n";
    let machine = Machine::with(here);
    fs::write(machine.preset("gitea.toml"), "title = \"/own\"\n").unwrap();
    for theirs in [
        "[keep]\ndays = 1\n\n[presets.gitea]\ntitle = \"/theirs\"\n",
        "keep = { days = 1 }\npresets = { gitea = { title = \"/theirs\" } }\n",
    ] {
        let set_up = read_set_up(&machine.gets(theirs), &machine.path()).unwrap();
        let imported = set_up.import(&machine.path(), false).unwrap().answer;
        let stays = (&*imported.kept, &*imported.other_presets);
        assert_eq!(stays, (&["keep".to_owned()][..], &["gitea".to_owned()][..]));
        assert_eq!(machine.text(), here);
    }
    let many: String =
        (0..201).map(|at| format!("[subscriptions.s{at}]\nurl = \"http://a/{at}\"\n")).collect();
    for (bad, word) in [
        ("nonsense = 1", "nonsense"),
        ("[presets.ntfy]\ntitle = \"/a\"", "Hark's own feeds"),
        ("[presets]\na = 1", "no tables"),
        ("[subscriptions.a]\nurl = \"ftp://a/\"", "http"),
        ("[subscriptions.a]\nurl = \"http://a/\"\nbearer = \"canary\"", "does not belong here"),
        ("[subscriptions.\"a\\u001b[31m\"]\nurl = \"http://a/\"", "cannot be seen"),
        ("[subscriptions.a]\nurl = \"http://a/\"\nname = \"a\\nb\"", "cannot be seen"),
        ("[subscriptions.a]\nurl = \"http://a/\"\nname = \" \"", "at least one character"),
        ("[subscriptions.\"\"]\nurl = \"http://a/\"", "its key is empty"),
        ("[subscriptions.a]\nurl = \"http://a/\"\nheaders.Host.env = \"A\"", "cannot be set"),
        (&many, "more than 200"),
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
