//! The walls between the crates, over what cargo itself says of them.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    process::Command,
};

use serde_json::Value;

/// Names of crates, by whatever order.
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
    let allowed: [(&str, &[&str]); 6] = [
        ("hark-engine", &[]),
        ("hark-api", &[]),
        ("hark-store", &["hark-engine"]),
        ("hark-agent", &["hark-engine", "hark-store", "hark-api"]),
        ("hark", &["hark-agent", "hark-api"]),
        ("hark-window", &["hark-api"]),
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
    // Else the list above would say nothing.
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
