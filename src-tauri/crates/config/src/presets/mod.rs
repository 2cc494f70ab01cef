//! Presets: kinds of servers described by data, each a TOML file with a name. Some are built in; a person's
//! own are in the folder `presets` beside the settings file, and take precedence.
//!
//! A preset that does not load affects no other: its last good version stays in force, and the person is
//! told where it is wrong.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use hark_engine::feed::{self, Feed, Form, Mapped};

use crate::file::{PRESETS, TomlError, read_text, read_toml, write};

/// The most files that are read.
const FILES_MAX: usize = 200;
/// The largest file. Bytes.
const FILE_BYTES_MAX: u64 = 64 << 10;

/// In the same form as a person's own.
const BUILT_IN: &[(&str, &str)] =
    &[("esphome", include_str!("esphome.toml")), ("openhab", include_str!("openhab.toml"))];

/// Forms by the names of their presets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Presets(BTreeMap<String, Form>);

/// Presets, and what is wrong with those that did not load.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoadedPresets {
    /// The presets that can be used.
    pub presets: Presets,
    /// One sentence each.
    pub problems: Vec<String>,
}

impl Presets {
    /// The presets that come with Hark.
    #[must_use]
    pub fn built_in() -> Self {
        // A test checks that each can be read.
        let read =
            |&(name, text): &(&str, &str)| Some((name.to_owned(), toml::from_str(text).ok()?));
        Self(BUILT_IN.iter().filter_map(read).collect())
    }

    /// The built-in presets and a person's own, of the folder beside the settings file at `settings`.
    #[must_use]
    pub fn beside(settings: &Path) -> LoadedPresets {
        Self::gather(settings, &BTreeMap::new(), |_, _| {})
    }

    /// The same, where the copies of the last good ones beside `last_good` stand in for those that do
    /// not load. Those that load are copied there.
    #[must_use]
    pub fn load(settings: &Path, last_good: &Path) -> LoadedPresets {
        let folder = last_good.with_file_name(PRESETS);
        Self::gather(settings, &copies(last_good), |name, text| {
            if let Err(error) = write(&folder.join(format!("{name}.toml")), text) {
                tracing::warn!("{error}");
            }
        })
    }

    /// `copies` stand in for those that do not load; `keep` gets the text of those that have changed.
    fn gather(
        settings: &Path,
        copies: &BTreeMap<String, Form>,
        keep: impl Fn(&str, &str),
    ) -> LoadedPresets {
        let mut loaded = LoadedPresets { presets: Self::built_in(), problems: Vec::new() };
        for (name, read) in files(&settings.with_file_name(PRESETS)) {
            match read {
                Ok((text, form)) => {
                    if copies.get(&name) != Some(&form) {
                        keep(&name, &text);
                    }
                    loaded.presets.0.insert(name, form);
                }
                Err(problem) => {
                    let mut said = problem.to_string();
                    if let Some(form) = copies.get(&name) {
                        loaded.presets.0.insert(name, form.clone());
                        said.push_str(" Hark goes on with what it said before.");
                    }
                    loaded.problems.push(said);
                }
            }
        }
        loaded
    }

    /// These presets, and those that only have a copy beside `last_good`: the last good settings may name
    /// one whose file is gone.
    #[must_use]
    pub fn with_copies(&self, last_good: &Path) -> Self {
        let mut all = copies(last_good);
        all.extend(self.0.clone());
        Self(all)
    }

    /// The description of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Form> {
        self.0.get(name)
    }

    /// Adds a description where there is none of this name.
    pub fn put_where_missing(&mut self, name: &str, form: Form) {
        self.0.entry(name.to_owned()).or_insert(form);
    }

    /// The feed of this name: one of the engine's own, or a preset's.
    ///
    /// # Errors
    /// One sentence with the names that there are.
    pub fn feed(&self, name: &str) -> Result<Arc<dyn Feed>, String> {
        let preset = || Some(Arc::new(Mapped::new(name, self.get(name)?.clone())) as Arc<dyn Feed>);
        feed::by_name(name).or_else(preset).ok_or_else(|| {
            format!("There is no feed {name:?}; known are {}.", self.feeds().join(", "))
        })
    }

    /// Every name that [`Presets::feed`] knows.
    #[must_use]
    pub fn feeds(&self) -> Vec<String> {
        let own = self.0.keys().map(String::as_str);
        feed::NAMES.iter().copied().chain(own).map(str::to_owned).collect()
    }
}

type Read = Result<(String, Form), TomlError>;

/// The copies of a person's own presets, each as it last loaded.
fn copies(last_good: &Path) -> BTreeMap<String, Form> {
    let folder = last_good.with_file_name(PRESETS);
    files(&folder).filter_map(|(name, read)| Some((name, read.ok()?.1))).collect()
}

/// Each file of the folder, by its preset's name, in alphabetical order. A missing folder counts as empty.
fn files(folder: &Path) -> impl Iterator<Item = (String, Read)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter_map(|file| Some(file.strip_suffix(".toml")?.to_owned()))
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort_unstable();
    names.truncate(FILES_MAX);
    let folder = folder.to_path_buf();
    names.into_iter().map(move |name| {
        let path = folder.join(format!("{name}.toml"));
        let form = read(&name, &path);
        (name, form)
    })
}

/// The texts of a person's own presets beside the settings at `settings` that can be read, by their names.
#[must_use]
pub fn texts_beside(settings: &Path) -> Vec<(String, String)> {
    let folder = settings.with_file_name(PRESETS);
    files(&folder).filter_map(|(name, read)| Some((name, read.ok()?.0))).collect()
}

/// Writes a preset beside the settings at `settings`.
///
/// # Errors
/// [`TomlError::Inaccessible`].
pub fn write_beside(settings: &Path, name: &str, text: &str) -> Result<(), TomlError> {
    write(&settings.with_file_name(PRESETS).join(format!("{name}.toml")), text).map(drop)
}

fn read(name: &str, path: &Path) -> Read {
    let text = read_text(path, FILE_BYTES_MAX)?;
    parse(name, path, &text).map(|form| (text, form))
}

/// Reads a preset of this name from its text. `path` is for the error alone.
///
/// # Errors
/// [`TomlError::Wrong`] and [`TomlError::Unfit`].
pub fn parse(name: &str, path: &Path, text: &str) -> Result<Form, TomlError> {
    let unfit = |why: &str| TomlError::Unfit { path: path.to_path_buf(), why: why.to_owned() };
    let plain = |char: char| char.is_ascii_alphanumeric() || "-_".contains(char);
    if feed::by_name(name).is_some() || !name.chars().all(plain) {
        return Err(unfit(
            "its name is one of Hark's own feeds, or holds more than letters, digits, - and _; give \
             the file another",
        ));
    }
    let form: Form = read_toml(path, text)?;
    form.problem().map_or(Ok(form), |problem| Err(unfit(&problem)))
}

#[cfg(test)]
mod tests {
    use hark_engine::{feed::Decoded, message::RawEvent};

    use super::*;

    #[test]
    fn each_that_is_built_in_loads_and_says_what_it_is_for() {
        assert_eq!(Presets::built_in().0.len(), BUILT_IN.len());
        for (name, text) in BUILT_IN {
            let form: Form = toml::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(form.about.is_some_and(|about| about.contains("://")), "{name}");
        }
    }

    fn decoded(preset: &str, kind: &str, data: &str) -> Decoded {
        let event = RawEvent { kind: kind.into(), data: data.into(), own_id: None };
        Presets::built_in().feed(preset).unwrap().decode(&event)
    }

    fn said(preset: &str, kind: &str, data: &str) -> (String, String) {
        match decoded(preset, kind, data) {
            Decoded::Message(message) => (message.title.to_string(), message.body.to_string()),
            other => panic!("{data}: {other:?}"),
        }
    }

    #[test]
    fn an_esphome_device_tells_its_states() {
        let state = r#"{"id":"sensor-outside_temperature","name":"Outside","state":"19.8 °C","value":19.8}"#;
        assert_eq!(said("esphome", "state", state), ("Outside".into(), "19.8 °C".into()));
        let old = r#"{"id":"light-desk","state":"ON","brightness":255}"#;
        assert_eq!(said("esphome", "state", old), ("light-desk".into(), "ON".into()));
        let ping = r#"{"title":"device","comment":"","ota":true,"log":true,"lang":"en"}"#;
        assert_eq!(decoded("esphome", "ping", ping), Decoded::Heartbeat);
        assert_eq!(decoded("esphome", "log", "[D][sensor:094]: 'Outside'"), Decoded::Nothing);
    }

    #[test]
    fn openhab_tells_what_changed() {
        let changed = r#"{"topic":"openhab/items/Kitchen/statechanged","payload":"{\"type\":\"OnOff\",\"value\":\"ON\",\"oldType\":\"OnOff\",\"oldValue\":\"OFF\"}","type":"ItemStateChangedEvent"}"#;
        let wanted = ("openhab/items/Kitchen/statechanged".into(), "OFF → ON".into());
        assert_eq!(said("openhab", "message", changed), wanted);
        assert_eq!(
            decoded("openhab", "alive", r#"{"type":"ALIVE","interval":10}"#),
            Decoded::Heartbeat
        );
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_said_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let presets = folder.path().join(PRESETS);
        fs::create_dir_all(presets.join("folder.toml")).unwrap();
        std::os::unix::fs::symlink("/dev/zero", presets.join("endless.toml")).unwrap();
        let pipe = presets.join("pipe.toml");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let loaded = Presets::beside(&folder.path().join("config.toml"));
        assert_eq!(loaded.problems.len(), 3, "{:?}", loaded.problems);
        assert!(loaded.problems.iter().all(|one| one.contains("not a file")));
    }

    #[test]
    fn ones_own_go_before_and_a_bad_one_says_where_and_keeps_what_it_said() {
        let folder = tempfile::tempdir().unwrap();
        let settings = folder.path().join("config/config.toml");
        let last_good = folder.path().join("state/last.toml");
        let put = |name: &str, text: &str| {
            let path = settings.with_file_name(PRESETS).join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let load = || Presets::load(&settings, &last_good);
        assert_eq!(load(), LoadedPresets { presets: Presets::built_in(), problems: vec![] });
        put("esphome.toml", "title = \"/own\"");
        put("gitea.toml", "title = \"/repository/name\"\n");
        put("notes.txt", "not a preset");
        let good = load();
        assert!(good.problems.is_empty(), "{:?}", good.problems);
        assert!(good.presets.feeds().contains(&"gitea".to_owned()));
        assert_ne!(good.presets.get("esphome"), Presets::built_in().get("esphome"));

        put("gitea.toml", "title = \"/repository/name\"\nbody = \"text}\"\n");
        put("new.toml", "tittle = \"/a\"");
        put("ntfy.toml", "title = \"/a\"");
        let bad = load();
        let [gitea, new, ntfy] = &bad.problems[..] else { panic!("{:?}", bad.problems) };
        assert!(gitea.contains("gitea.toml has an error in line 2, column 8"), "{gitea}");
        assert!(gitea.contains("other one") && gitea.ends_with("before."), "{gitea}");
        assert!(new.contains("unknown field `tittle`"), "{new}");
        assert!(ntfy.contains("Hark's own feeds"), "{ntfy}");
        assert_eq!(bad.presets.get("gitea"), good.presets.get("gitea"));
        assert_eq!(bad.presets.get("new"), None);
        assert_eq!(Presets::beside(&settings).presets.get("gitea"), None);
    }
}
