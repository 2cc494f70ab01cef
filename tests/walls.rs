//! The walls between the crates, checked against cargo's own metadata.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::Path,
    process::Command,
};

use serde_json::Value;

/// Names of crates or modules.
type Names = BTreeSet<String>;

/// What the crates of the workspace depend on when they are built for use: no dev-dependencies, and
/// no build scripts' own.
struct Crates {
    /// By a package's id: its name, and the ids of what it depends on.
    packages: BTreeMap<String, (String, Vec<String>)>,
    /// As declared, by a member's name: what it asks of each crate.
    declared: BTreeMap<String, Value>,
    members: Vec<String>,
    default_members: Vec<String>,
}

impl Crates {
    fn read() -> Self {
        let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["metadata", "--format-version", "1", "--locked", "--filter-platform"])
            .arg("x86_64-unknown-linux-gnu")
            // From a member's folder, that member alone would be the default.
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .output()
            .unwrap();
        let metadata: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let list = |value: &Value| value.as_array().unwrap().iter().map(text).collect();
        let names: BTreeMap<String, String> = metadata["packages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|package| (text(&package["id"]), text(&package["name"])))
            .collect();
        let packages = metadata["resolve"]["nodes"].as_array().unwrap().iter().map(|node| {
            let used = node["deps"].as_array().unwrap().iter().filter(|dependency| {
                let kinds = dependency["dep_kinds"].as_array().unwrap();
                kinds.iter().any(|kind| kind["kind"].is_null())
            });
            let used = used.map(|dependency| text(&dependency["pkg"])).collect();
            let id = text(&node["id"]);
            (id.clone(), (names[&id].clone(), used))
        });
        let declared = metadata["packages"].as_array().unwrap().iter();
        let declared = declared.filter(|package| package["source"].is_null());
        Self {
            packages: packages.collect(),
            declared: declared.map(|it| (text(&it["name"]), it["dependencies"].clone())).collect(),
            members: list(&metadata["workspace_members"]),
            default_members: list(&metadata["workspace_default_members"]),
        }
    }

    fn id(&self, name: &str) -> &str {
        let mut members = self.members.iter();
        members.find(|id| self.packages[*id].0 == name).unwrap_or_else(|| panic!("no crate {name}"))
    }

    /// The crates of the workspace that `name` depends on itself.
    fn own(&self, name: &str) -> Names {
        let (_, used) = &self.packages[self.id(name)];
        let own = used.iter().filter(|id| self.members.contains(id));
        own.map(|id| self.packages[id].0.clone()).collect()
    }

    /// All crates that the one with this id is made of.
    fn all(&self, id: &str) -> Names {
        let (mut seen, mut left) = (BTreeSet::new(), vec![id]);
        while let Some(id) = left.pop() {
            if seen.insert(id) {
                left.extend(self.packages[id].1.iter().map(String::as_str));
            }
        }
        seen.into_iter().map(|id| self.packages[id].0.clone()).collect()
    }
}

fn names(names: &[&str]) -> Names {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Those of `found` that are forbidden: by their whole name, or by its beginning where that ends in
/// a star.
fn forbidden(found: &Names, deny: &[&str]) -> Vec<String> {
    let is_denied = |name: &&String| {
        deny.iter().any(|denied| match denied.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == denied,
        })
    };
    found.iter().filter(is_denied).cloned().collect()
}

#[test]
fn dependencies_run_one_way() {
    let crates = Crates::read();
    let allowed: [(&str, &[&str]); 11] = [
        ("hark-engine", &[]),
        ("hark-local", &[]),
        ("hark-api", &["hark-local"]),
        ("hark-store", &["hark-engine"]),
        ("hark-platform", &["hark-engine"]),
        ("hark-stream", &["hark-engine", "hark-local", "hark-platform"]),
        ("hark-config", &["hark-engine", "hark-local", "hark-platform", "hark-stream"]),
        ("hark-doctor", &["hark-engine", "hark-stream"]),
        (
            "hark-agent",
            &[
                "hark-api",
                "hark-config",
                "hark-engine",
                "hark-local",
                "hark-platform",
                "hark-store",
                "hark-stream",
            ],
        ),
        (
            "hark",
            &[
                "hark-agent",
                "hark-api",
                "hark-config",
                "hark-doctor",
                "hark-engine",
                "hark-local",
                "hark-platform",
                "hark-stream",
            ],
        ),
        ("hark-window", &["hark-api", "hark-local"]),
    ];
    for (name, allowed) in allowed {
        assert_eq!(crates.own(name), names(allowed), "what {name} depends on");
    }
}

#[test]
fn the_engine_has_no_io_no_async_no_clock_and_no_chance() {
    let crates = Crates::read();
    let found = crates.all(crates.id("hark-engine"));
    let deny = [
        "tokio*",
        "async-*",
        "futures*",
        "smol",
        "mio",
        "polling",
        "socket2",
        "hyper*",
        "http*",
        "reqwest",
        "ureq",
        "rustls*",
        "zbus*",
        "rusqlite",
        "libsqlite3-sys",
        "notify*",
        "rustix",
        "libc",
        "nix",
        "rand*",
        "getrandom",
        "chrono",
        "time",
        "tracing-*",
        "directories",
    ];
    assert_eq!(forbidden(&found, &deny), Vec::<String>::new());
    // Otherwise the list above would check nothing.
    assert!(found.contains("serde_json"), "{found:?}");
    // It may draw from a seed. Without `std`, fastrand has none of its own.
    let declared = crates.declared["hark-engine"].as_array().unwrap();
    let fastrand = declared.iter().find(|it| it["name"] == "fastrand" && it["kind"].is_null());
    if let Some(fastrand) = fastrand {
        assert_eq!(fastrand["uses_default_features"], false);
        assert_eq!(fastrand["features"].as_array(), Some(&vec![]));
    }
}

#[test]
fn what_needs_no_window_needs_no_gtk_and_no_web_engine() {
    let crates = Crates::read();
    let deny =
        ["gtk*", "gdk*", "glib*", "gio*", "webkit*", "javascriptcore*", "tauri*", "wry", "tao"];
    for id in &crates.default_members {
        assert_eq!(forbidden(&crates.all(id), &deny), Vec::<String>::new(), "in {id}");
    }
    let window = forbidden(&crates.all(crates.id("hark-window")), &deny);
    assert!(window.contains(&"tauri".to_owned()), "the window is made of {window:?}");
}

#[test]
fn only_the_window_is_left_out_of_a_plain_build() {
    let crates = Crates::read();
    let all: BTreeSet<&String> = crates.members.iter().collect();
    let default: BTreeSet<&String> = crates.default_members.iter().collect();
    let left_out: Vec<&str> =
        all.difference(&default).map(|id| crates.packages[*id].0.as_str()).collect();
    assert_eq!(left_out, ["hark-window"]);
}

/// The window's crate, which stands beside the others.
const WINDOW: &str = "..";

/// The sources of a crate that are compiled for use: its files by their path below `src`, and their text
/// without tests.
fn sources(name: &str) -> Vec<(String, String)> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src-tauri/crates");
    let (root, mut folders) = (crates.join(name).join("src"), vec![crates.join(name).join("src")]);
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let place = path.strip_prefix(&root).unwrap();
                if !is_test(place) {
                    let text = fs::read_to_string(&path).unwrap();
                    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
                    sources.push((place.display().to_string(), text));
                }
            }
        }
    }
    sources.sort();
    assert!(!sources.is_empty(), "{name}");
    sources
}

fn is_test(path: &Path) -> bool {
    let names = path.iter().map(|part| part.to_string_lossy());
    names.into_iter().any(|part| part.starts_with("tests") || part == "conformance.rs")
        || path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("tests"))
}

/// The modules of `agent` that a text imports: what follows `crate::`, also in braces.
fn imports(text: &str) -> Names {
    let mut found = BTreeSet::new();
    let name = |text: &str| {
        let end = text.find(|char: char| !char.is_alphanumeric() && char != '_');
        text[..end.unwrap_or(text.len())].to_owned()
    };
    for (at, _) in text.match_indices("crate::") {
        if text[..at].ends_with(|char: char| char.is_alphanumeric() || char == '_') {
            continue;
        }
        let rest = &text[at + "crate::".len()..];
        let Some(list) = rest.strip_prefix('{') else {
            found.insert(name(rest));
            continue;
        };
        let (mut depth, mut start) = (0, true);
        for (place, char) in list.char_indices() {
            match char {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                char if start && depth == 0 && !char.is_whitespace() => {
                    found.insert(name(&list[place..]));
                    start = false;
                }
                _ => {}
            }
        }
    }
    found
}

#[test]
fn each_part_of_the_agent_knows_those_below_it_alone() {
    // From the ground up: each imports exactly those that it names, and all of them stand above it.
    let parts: [(&str, &[&str]); 29] = [
        ("autostart", &[]),
        ("to_api", &[]),
        ("words", &["to_api"]),
        ("log", &[]),
        ("demo", &[]),
        ("reconcile", &[]),
        ("refusals", &[]),
        ("tally", &[]),
        ("events", &[]),
        ("conditions", &[]),
        ("tray", &["words"]),
        ("ledger", &["conditions", "events", "tally", "to_api"]),
        ("registry", &["events", "reconcile"]),
        ("status", &["conditions", "events", "registry"]),
        ("print", &["ledger", "status"]),
        ("own", &["ledger"]),
        ("actions", &["ledger", "registry", "words"]),
        ("alerts", &["actions", "ledger", "own", "status", "words"]),
        ("silence", &["alerts", "ledger", "status", "to_api"]),
        ("voice", &["alerts", "ledger", "own", "status", "words"]),
        ("handlers", &["ledger", "status", "to_api"]),
        ("metrics", &["ledger", "status", "tally"]),
        ("relay", &["ledger", "metrics", "own", "status", "to_api"]),
        ("subscriptions", &["alerts", "ledger", "own", "reconcile", "registry", "tally", "to_api"]),
        ("configuration", &["reconcile", "refusals", "status"]),
        (
            "commands",
            &[
                "alerts",
                "configuration",
                "demo",
                "ledger",
                "own",
                "refusals",
                "registry",
                "silence",
                "status",
                "subscriptions",
                "to_api",
                "words",
            ],
        ),
        (
            "http",
            &[
                "actions",
                "alerts",
                "autostart",
                "commands",
                "events",
                "handlers",
                "relay",
                "status",
                "words",
            ],
        ),
        (
            "run",
            &[
                "actions",
                "alerts",
                "autostart",
                "commands",
                "conditions",
                "configuration",
                "demo",
                "events",
                "handlers",
                "http",
                "ledger",
                "log",
                "own",
                "print",
                "registry",
                "relay",
                "silence",
                "status",
                "subscriptions",
                "tray",
                "voice",
                "words",
            ],
        ),
        // The crate's root names them all and imports none.
        ("lib", &[]),
    ];
    let mut found: BTreeMap<String, Names> = BTreeMap::new();
    for (path, text) in sources("agent") {
        let part = path.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
        let others = imports(&text).into_iter().filter(|other| *other != part);
        found.entry(part.clone()).or_default().extend(others);
    }
    let mut known = BTreeSet::new();
    for (part, allowed) in parts {
        assert_eq!(found.remove(part).unwrap_or_default(), names(allowed), "what {part} imports");
        assert!(names(allowed).is_subset(&known), "{part} stands on what stands on it");
        known.insert(part.to_owned());
    }
    assert_eq!(
        found.keys().collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "parts that are not listed"
    );
}

#[test]
fn no_part_of_the_agent_holds_everything() {
    // A type has fields of at most three of the agent's own parts; its own and plain values do not count.
    let handles = [
        ("Events", "events"),
        ("Conditions", "conditions"),
        ("Ledger", "ledger"),
        ("Registry", "registry"),
        ("Status", "status"),
        ("Quiet", "silence"),
        ("Actions", "actions"),
        ("Outbox", "alerts"),
        ("Handlers", "handlers"),
        ("Metrics", "metrics"),
        ("Relay", "relay"),
        ("Subscriptions", "subscriptions"),
        ("Configuration", "configuration"),
        ("Commands", "commands"),
        ("Queries", "commands"),
        ("Sampler", "commands"),
        ("Snoozer", "commands"),
    ];
    let mut structs = 0;
    for (path, text) in sources("agent") {
        let part = path.split('/').next().unwrap().trim_end_matches(".rs");
        for body in text.split("\nstruct ").chain(text.split("struct ")).skip(1) {
            let Some(body) = body.split('}').next().filter(|body| body.contains('{')) else {
                continue;
            };
            let types = body.lines().filter(|line| !line.trim_start().starts_with("//"));
            let types: Vec<&str> =
                types.filter_map(|line| line.split_once(": ")).map(|it| it.1).collect();
            let is_of = |name: &str| types.iter().any(|it| it.trim_end_matches(',') == name);
            let held = handles.iter().filter(|(name, of)| *of != part && is_of(name));
            let held: BTreeSet<&str> = held.map(|(_, of)| *of).collect();
            assert!(held.len() <= 3, "a type of {path} holds {held:?}");
            structs += 1;
        }
    }
    assert!(structs > 20, "{structs}");
}

#[test]
fn what_is_of_one_operating_system_stands_in_two_crates() {
    let marks = ["unix::", "windows::", "std::os::", "os::fd", "rustix", "winapi", "winsafe"];
    let systems = ["unix", "windows", "target_", "not("];
    // The window's own are its display, and that its program has no console.
    let is_own = |name: &str, path: &str, line: &str| {
        name == WINDOW && (path == "display.rs" || line.contains("windows_subsystem"))
    };
    for name in ["api", "store", "engine", "stream", "config", "doctor", "agent", "cli", WINDOW] {
        for (path, text) in sources(name) {
            for line in text.lines().filter(|line| !is_own(name, &path, line)) {
                let found = marks.iter().find(|mark| line.contains(**mark));
                assert_eq!(found, None, "{name}/{path}: {line}");
                let depends = line.contains("cfg") && systems.iter().any(|it| line.contains(it));
                assert!(!depends, "{name}/{path}: {line}");
            }
        }
    }
    let marked = |name| sources(name).iter().filter(|(_, text)| text.contains("os::unix")).count();
    assert!(marked("local") > 1, "else the list above would say nothing");
}
