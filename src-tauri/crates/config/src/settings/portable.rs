//! A whole set-up as one text, to take along or to give to somebody: the settings with their comments, and
//! the presets that they use, under `[presets.NAME]`. It says where secrets are kept and holds none.
//!
//! What comes from such a text never runs anything: its handlers, and credentials that are the output of a
//! command, are left out. What is here already stays as it is.

use std::path::Path;

use toml_edit::{DocumentMut, Item, Table, TableLike};
use url::Url;

use super::{
    Credential, Settings, Subscription,
    edit::{Edit, EditError, edit, key_for, placeless, read, replace, table_mut, unreadable},
    file,
};
use crate::{
    file::{TomlError, read_text, wrong},
    presets::{self, Presets},
};

/// The table of presets in such a text.
const PRESETS: &str = "presets";
/// The table of what runs, of which an import takes nothing.
const HANDLERS: &str = "handlers";
/// The largest such text. Bytes.
const BYTES_MAX: u64 = 8 << 20;
/// The tables of a subscription in which credentials are.
const CREDENTIALS: [&str; 3] = ["bearer", "basic", "headers"];

/// A set-up that was written as one text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The text.
    pub text: String,
    /// The keys of subscriptions in whose address there was a credential, which was left out.
    pub shortened: Vec<String>,
}

/// Writes the set-up of the settings at `path` as one text.
///
/// # Errors
/// See [`EditError`].
pub fn export(path: &Path) -> Result<Exported, EditError> {
    let (mut document, settings) = read(path)?;
    let mut shortened = Vec::new();
    for (key, one) in &settings.subscriptions {
        let table = table_mut(&mut document, key)?;
        let own = bare(one, &one.url);
        if own != one.url {
            replace(table, "url", own.as_str());
            shortened.push(key.clone());
        }
        let to = one.publish.as_ref().and_then(|publish| publish.url.as_ref());
        if let (Some(to), Some(publish)) = (to, table.get_mut("publish"))
            && let Some(publish) = publish.as_table_like_mut()
            && bare(one, to) != *to
        {
            replace(publish, "url", bare(one, to).as_str());
            shortened.push(key.clone());
        }
    }
    let own = presets::texts_beside(path);
    let used = |name: &str| settings.subscriptions.values().any(|one| one.feed == name);
    let mut all = Table::new();
    all.set_implicit(true);
    for (name, text) in own.iter().filter(|(name, _)| used(name)) {
        let preset: DocumentMut = text.parse().map_err(|error| unreadable(path, &error))?;
        all.insert(name, placeless(Item::Table(preset.into_table())));
    }
    if !all.is_empty() {
        document.insert(PRESETS, Item::Table(all));
    }
    Ok(Exported { text: document.to_string(), shortened })
}

/// An address without a credential that stands in it.
fn bare(one: &Subscription, url: &Url) -> Url {
    one.speaks().identity(url)
}

/// What was taken of a set-up, and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// The keys of what is followed from now on.
    pub added: Vec<String>,
    /// What was followed already, by the keys that it has here.
    pub known: Vec<String>,
    /// Other settings that were taken, by the names of their tables.
    pub taken: Vec<String>,
    /// Other settings that stay as they are here.
    pub kept: Vec<String>,
    /// Presets that were taken.
    pub presets: Vec<String>,
    /// Presets that stay as they are here, and say something else there.
    pub other_presets: Vec<String>,
    /// How many handlers were left out.
    pub handlers: usize,
    /// The keys of what was added without a credential that a command prints.
    pub without_command: Vec<String>,
    /// What was added whose secret is to be in a file that is not here: key and file.
    pub missing: Vec<(String, String)>,
}

/// A set-up that was read, and is well.
pub struct SetUp {
    document: DocumentMut,
    presets: Vec<(String, String)>,
}

/// Reads a set-up; `path` says where the settings are that it is to be taken into.
///
/// # Errors
/// [`EditError::File`], which names the place.
pub fn read_set_up(from: &Path, path: &Path) -> Result<SetUp, EditError> {
    let text = read_text(from, BYTES_MAX)?;
    let mut document: DocumentMut = text.parse().map_err(|error| unreadable(from, &error))?;
    let mut known = Presets::beside(path).presets;
    let mut found = Vec::new();
    if let Some(Item::Table(all)) = document.remove(PRESETS) {
        for (name, preset) in all {
            let Item::Table(preset) = placeless(preset) else {
                return Err(wrong(from, "", &format!("the preset {name} is no table")).into());
            };
            let text = DocumentMut::from(preset).to_string();
            let text = text.trim_start();
            let form = presets::parse(&name, from, text)?;
            known.put_where_missing(&name, form);
            found.push((name.to_string(), text.to_owned()));
        }
    }
    file::parse(from, &document.to_string(), &known)?;
    Ok(SetUp { document, presets: found })
}

impl SetUp {
    /// What taking it into the settings at `path` would do. Changes nothing.
    ///
    /// # Errors
    /// See [`EditError`].
    pub fn plan(&self, path: &Path) -> Result<Imported, EditError> {
        let (mut document, settings) = read(path)?;
        let mut imported = self.take(&mut document, &settings);
        self.take_presets(path, &mut imported, |_, _| Ok(()))?;
        Ok(imported)
    }

    /// Takes it into the settings at `path`.
    ///
    /// # Errors
    /// See [`EditError`].
    pub fn import(&self, path: &Path) -> Result<Edit<Imported>, EditError> {
        let mut taken = Imported::default();
        // First, since what the settings name has to be there.
        self.take_presets(path, &mut taken, |name, text| presets::write_beside(path, name, text))?;
        edit(path, |document, settings| {
            let Imported { presets, other_presets, .. } = taken;
            Ok(Imported { presets, other_presets, ..self.take(document, settings) })
        })
    }

    fn take_presets(
        &self,
        path: &Path,
        imported: &mut Imported,
        mut write: impl FnMut(&str, &str) -> Result<(), TomlError>,
    ) -> Result<(), EditError> {
        let here = presets::texts_beside(path);
        for (name, text) in &self.presets {
            match here.iter().find(|(known, _)| known == name) {
                Some((_, same)) if same.trim() == text.trim() => {}
                Some(_) => imported.other_presets.push(name.clone()),
                None => {
                    write(name, text)?;
                    imported.presets.push(name.clone());
                }
            }
        }
        Ok(())
    }

    fn take(&self, document: &mut DocumentMut, settings: &Settings) -> Imported {
        let mut imported = Imported::default();
        for (name, item) in self.document.iter() {
            match name {
                "subscriptions" => {}
                HANDLERS => imported.handlers = handlers(item),
                _ if document.contains_key(name) => imported.kept.push(name.to_owned()),
                _ => {
                    document.insert(name, placeless(item.clone()));
                    imported.taken.push(name.to_owned());
                }
            }
        }
        let theirs = self.document.get("subscriptions").and_then(Item::as_table_like);
        for (key, item) in theirs.into_iter().flat_map(TableLike::iter) {
            self.take_one(document, settings, &mut imported, (key, item));
        }
        imported
    }

    fn take_one(
        &self,
        document: &mut DocumentMut,
        settings: &Settings,
        imported: &mut Imported,
        (key, item): (&str, &Item),
    ) {
        let url = item.get("url").and_then(Item::as_str);
        let Some(url) = url.and_then(|url| super::read_url(url).ok()) else { return };
        // By what it is, not by the credential that its address has here.
        let same = |one: &Subscription| bare(one, &one.url) == bare(one, &url);
        if let Some((known, _)) = settings.subscriptions.iter().find(|(_, one)| same(one)) {
            imported.known.push(known.clone());
            return;
        }
        let taken = |key: &str| {
            settings.subscriptions.contains_key(key) || imported.added.iter().any(|one| one == key)
        };
        let key = if taken(key) { key_for(key, &url, taken) } else { key.to_owned() };
        let mut item = placeless(item.clone());
        if let Some(one) = item.as_table_like_mut() {
            let publish = one.get_mut("publish").and_then(Item::as_table_like_mut);
            let without = publish.is_some_and(leave_out_commands);
            if leave_out_commands(one) || without {
                imported.without_command.push(key.clone());
            }
        }
        for file in files(&item).filter(|file| !Path::new(file).exists()) {
            imported.missing.push((key.clone(), file));
        }
        let all = document.entry("subscriptions").or_insert_with(implicit);
        if let Some(all) = all.as_table_like_mut() {
            all.insert(&key, item);
            imported.added.push(key);
        }
    }
}

fn implicit() -> Item {
    let mut table = Table::new();
    table.set_implicit(true);
    Item::Table(table)
}

fn handlers(item: &Item) -> usize {
    let tables = item.as_array_of_tables().map(toml_edit::ArrayOfTables::len);
    tables.or_else(|| item.as_array().map(toml_edit::Array::len)).unwrap_or_default()
}

/// Takes away the credentials that are the output of a command; answers whether there were some.
fn leave_out_commands(table: &mut dyn TableLike) -> bool {
    let runs =
        |item: &Item| credentials(item).iter().any(|found| matches!(found, Credential::Command(_)));
    let found: Vec<&str> =
        CREDENTIALS.into_iter().filter(|name| table.get(name).is_some_and(runs)).collect();
    for name in &found {
        table.remove(name);
    }
    !found.is_empty()
}

/// The files in which a subscription's secrets are to be.
fn files(item: &Item) -> impl Iterator<Item = String> {
    let places = [item.get("publish"), Some(item)];
    let found = places.into_iter().flatten().flat_map(|place| {
        CREDENTIALS.into_iter().filter_map(|name| place.get(name)).flat_map(credentials)
    });
    let files = found.filter_map(|found| match found {
        Credential::File(path) => Some(path.display().to_string()),
        Credential::Command(_) | Credential::Env(_) => None,
    });
    files.collect::<Vec<_>>().into_iter()
}

/// The credentials that stand in `bearer`, `basic` or `headers`.
fn credentials(item: &Item) -> Vec<Credential> {
    let Some(table) = item.as_table_like() else { return Vec::new() };
    let read = |item: &Item| match (item.get("env"), item.get("file"), item.get("command")) {
        (Some(name), ..) => name.as_str().map(|name| Credential::Env(name.to_owned())),
        (_, Some(path), _) => path.as_str().map(|path| Credential::File(path.into())),
        (.., Some(_)) => Some(Credential::Command(Vec::new())),
        _ => None,
    };
    let own = read(item);
    let inner = table.iter().filter_map(|(_, item)| read(item));
    own.into_iter().chain(inner).collect()
}
