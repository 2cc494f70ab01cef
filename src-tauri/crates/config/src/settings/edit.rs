//! Edits of the settings file that keep its comments, order and spacing.

use std::{
    fs,
    path::{Path, PathBuf},
};

use toml_edit::{DocumentMut, Item, RawString, Table, TableLike};
use url::Url;

use hark_engine::{feed, message::Priority};
use hark_local::file::Stamp;

use super::{
    Fault, NewSubscription, OWN_KEY, OptionValue, Settings, Subscription, file, key_of, options,
};
use crate::{
    file::{TomlError, lock, write},
    kept,
    presets::Presets,
};

/// The result of an edit of the settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit<T> {
    /// What the edit was asked for, such as the key of what was added.
    pub answer: T,
    /// What the file says now.
    pub settings: Settings,
    /// The file's text.
    pub text: String,
    /// The stamp of the new file; none where nothing had to be written.
    pub stamp: Option<Stamp>,
}

impl<T> Edit<T> {
    /// The same with another answer.
    pub fn map<U>(self, map: impl FnOnce(T) -> U) -> Edit<U> {
        let Self { answer, settings, text, stamp } = self;
        Edit { answer: map(answer), settings, text, stamp }
    }
}

/// Why an edit was not made. The file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The file is bad already, or cannot be written.
    #[error(transparent)]
    File(#[from] TomlError),
    /// No subscription has this key.
    #[error("There is no subscription {0:?}. See them with: hark status")]
    Unknown(String),
    /// Several subscriptions have this name; their keys.
    #[error("Several subscriptions are called {0:?}. Name the one that you mean by its key: {1}")]
    Several(String, String),
    /// What a person has edited is not that one subscription alone.
    #[error(
        "Only [subscriptions.{0}] and what belongs to it can stand here. To change other settings, edit the file itself: hark config path"
    )]
    Another(String),
    /// A value cannot be taken.
    #[error("That cannot be set: {message}.")]
    Unfit {
        /// The option that has it, where it is one alone.
        option: Option<String>,
        /// Why not, without a full stop.
        message: String,
        /// The same, where its kind is known.
        fault: Option<Fault>,
    },
    /// The file says something else by now of what was to be changed.
    #[error(
        "The settings file was changed meanwhile, in what you have changed too ({0}). Look at it once more; nothing was saved."
    )]
    Changed(String),
    /// The URL is followed already.
    #[error("That URL is followed already, as {0:?}.")]
    AlreadyFollowed(String),
}

impl EditError {
    /// Why a word names no subscription: those with these keys are all called so, or none is.
    #[must_use]
    pub fn unnamed(word: &str, keys: &[&str]) -> Self {
        match keys.is_empty() {
            true => Self::Unknown(word.to_owned()),
            false => Self::Several(word.to_owned(), keys.join(", ")),
        }
    }
}

/// Sees that this can be the name of a subscription.
pub(super) fn check_name(name: &str) -> Result<(), EditError> {
    let unfit = |message: &str| EditError::Unfit {
        option: Some("name".to_owned()),
        message: message.to_owned(),
        fault: None,
    };
    file::name_problem(name).map_or(Ok(()), |problem| Err(unfit(problem)))
}

/// Adds a subscription; answers its key.
///
/// # Errors
/// See [`EditError`].
pub fn add(path: &Path, new: &NewSubscription) -> Result<Edit<String>, EditError> {
    edit(path, |document, settings| {
        let same = settings.subscriptions.iter().find(|(_, known)| known.url == new.url);
        if let Some((key, _)) = same {
            return Err(EditError::AlreadyFollowed(key.clone()));
        }
        let taken = |key: &str| settings.subscriptions.contains_key(key);
        let key = key_for(&new.label(), &new.url, taken);
        options::insert(path, document, &key, new)?;
        Ok(key)
    })
}

/// Removes the subscription that a person names; answers its key. See [`key_of`].
///
/// # Errors
/// See [`EditError`].
pub fn remove(path: &Path, word: &str) -> Result<Edit<String>, EditError> {
    let removed = edit(path, |document, settings| {
        let key = &*key_of(&settings.subscriptions, word)?;
        let removed = document["subscriptions"]
            .as_table_like_mut()
            .and_then(|all| all.remove(key))
            .ok_or_else(|| EditError::Unknown(key.to_owned()))?;
        if let Some(table) = removed.as_table() {
            keep_comments(document, table);
        }
        Ok((key.to_owned(), own_files(path, settings, key)))
    })?;
    Ok(removed.map(|(key, files)| {
        for file in files {
            // One that is left behind does no harm: only its owner may read it.
            let _ = fs::remove_file(file);
        }
        key
    }))
}

/// The files of what was typed for this subscription, which no other one uses.
pub(super) fn own_files(path: &Path, settings: &Settings, key: &str) -> Vec<PathBuf> {
    let folder = kept::folder_of(path);
    let is_of = |(other, _): &(&String, &Subscription)| *other == key;
    let (own, others): (Vec<_>, Vec<_>) = settings.subscriptions.iter().partition(is_of);
    let used: Vec<&Path> = others.into_iter().flat_map(|(_, one)| one.secret_files()).collect();
    own.into_iter()
        .flat_map(|(_, one)| one.secret_files())
        .filter(|file| file.parent() == Some(&*folder) && !used.contains(file))
        .map(Path::to_path_buf)
        .collect()
}

/// Keeps the comments above a removed table that are not about it, those up to the last blank line, such as
/// the file's header above the first table: they move to what follows.
fn keep_comments(document: &mut DocumentMut, removed: &Table) {
    let above = removed.decor().prefix().and_then(RawString::as_str).unwrap_or_default();
    let lines: Vec<&str> = above.split_inclusive('\n').collect();
    let blank = lines.iter().rposition(|line| line.trim().is_empty()).unwrap_or_default();
    let kept = lines[..blank].concat();
    if kept.trim().is_empty() {
        return;
    }
    let Some(next) = next_table(document.as_table_mut(), removed.position()) else {
        let end = document.trailing().as_str().unwrap_or_default();
        document.set_trailing(format!("{kept}{end}"));
        return;
    };
    let own = next.decor().prefix().and_then(RawString::as_str).unwrap_or_default();
    let blank =
        if own.trim_start_matches([' ', '\t']).starts_with(['\n', '\r']) { "" } else { "\n" };
    let prefix = format!("{kept}{blank}{own}");
    next.decor_mut().set_prefix(prefix);
}

/// The first table below `position` that has a header of its own.
fn next_table(table: &mut Table, position: Option<isize>) -> Option<&mut Table> {
    table
        .iter_mut()
        .flat_map(|(_, item)| -> Vec<&mut Table> {
            match item {
                Item::Table(table) => vec![table],
                Item::ArrayOfTables(tables) => tables.iter_mut().collect(),
                _ => Vec::new(),
            }
        })
        .filter_map(|table| {
            let own = !table.is_implicit() && !table.is_dotted() && table.position() > position;
            if own { Some(table) } else { next_table(table, position) }
        })
        .min_by_key(|table| table.position())
}

/// Writes down whether subscriptions are paused.
///
/// # Errors
/// See [`EditError`].
pub fn set_paused(path: &Path, keys: &[String], paused: bool) -> Result<Edit<()>, EditError> {
    set(path, keys, "paused", paused)
}

/// Writes down whether subscriptions are muted.
///
/// # Errors
/// See [`EditError`].
pub fn set_muted(path: &Path, keys: &[String], muted: bool) -> Result<Edit<()>, EditError> {
    set(path, keys, "mute", muted)
}

/// Sets what is true or not of subscriptions, and is not where it is missing.
fn set(path: &Path, keys: &[String], name: &str, holds: bool) -> Result<Edit<()>, EditError> {
    edit(path, |document, _| {
        for key in keys {
            let one = table_mut(document, key)?;
            let commented = has_comment(one, name);
            match one.get_mut(name).and_then(Item::as_value_mut) {
                // A comment after the value stays.
                Some(value) if holds || commented => {
                    let decor = value.decor().clone();
                    *value = holds.into();
                    *value.decor_mut() = decor;
                }
                Some(_) => drop(one.remove(name)),
                None if holds => drop(one.insert(name, true.into())),
                None => {}
            }
        }
        Ok(())
    })
}

/// Writes down what a subscription speaks that was not known until now, and where its events come from.
/// Where the settings say something else of it by now, that stays.
///
/// # Errors
/// See [`EditError`].
pub fn set_feed(path: &Path, key: &str, feed: &str, url: &Url) -> Result<Edit<()>, EditError> {
    edit(path, |document, settings| {
        let known = settings.subscriptions.get(key);
        if known.is_none_or(|known| known.feed != feed::UNKNOWN) {
            return Ok(());
        }
        if let Some(one) = document["subscriptions"][key].as_table_like_mut() {
            replace(one, "feed", feed);
            replace(one, "url", url.as_str());
            let private = feed::by_name(feed).and_then(|feed| feed.private_name(url));
            if let (Some(name), false) = (private, one.contains_key("name")) {
                one.insert("name", name.into());
            }
        }
        Ok(())
    })
}

/// Sets a text, and keeps the comment that hangs on it.
pub(super) fn replace(table: &mut dyn TableLike, name: &str, text: &str) {
    match table.get_mut(name).and_then(Item::as_value_mut) {
        Some(value) => {
            let decor = value.decor().clone();
            *value = text.into();
            *value.decor_mut() = decor;
        }
        None => drop(table.insert(name, text.into())),
    }
}

/// The rules of a subscription as they stand in the settings, as `[[rules]]` tables with their comments.
///
/// # Errors
/// See [`EditError`].
pub fn rules_of(path: &Path, key: &str) -> Result<String, EditError> {
    let (document, _) = read(path)?;
    let one = item(&document, key)?;
    let mut alone = DocumentMut::new();
    if let Some(rules) = one.get("rules") {
        alone.insert("rules", placeless(rules.clone()));
    }
    Ok(alone.to_string().trim_start().to_owned())
}

/// The settings as they are written, and what they say.
pub(super) fn read(path: &Path) -> Result<(DocumentMut, Settings), EditError> {
    let (text, settings) = file::read(path, &Presets::beside(path).presets)?;
    let document = text.parse().map_err(|error| unreadable(path, &error))?;
    Ok((document, settings))
}

/// What is written of a subscription.
pub(super) fn item<'a>(document: &'a DocumentMut, key: &str) -> Result<&'a Item, EditError> {
    let all = document.get("subscriptions").and_then(Item::as_table_like);
    all.and_then(|all| all.get(key)).ok_or_else(|| EditError::Unknown(key.to_owned()))
}

/// The same, to be changed.
pub(super) fn item_mut<'a>(
    document: &'a mut DocumentMut,
    key: &str,
) -> Result<&'a mut Item, EditError> {
    let all = document["subscriptions"].as_table_like_mut();
    all.and_then(|all| all.get_mut(key)).ok_or_else(|| EditError::Unknown(key.to_owned()))
}

/// Its table, to be changed.
pub(super) fn table_mut<'a>(
    document: &'a mut DocumentMut,
    key: &str,
) -> Result<&'a mut dyn TableLike, EditError> {
    let table = item_mut(document, key)?.as_table_like_mut();
    table.ok_or_else(|| EditError::Unknown(key.to_owned()))
}

/// Tables without the position that they had in their own text: each then follows the table that it belongs
/// to.
pub(super) fn placeless(mut rules: Item) -> Item {
    forget_places(&mut rules);
    rules
}

fn forget_places(item: &mut Item) {
    let tables: Vec<&mut Table> = match item {
        Item::Table(table) => vec![table],
        Item::ArrayOfTables(tables) => tables.iter_mut().collect(),
        _ => return,
    };
    for table in tables {
        table.set_position(None);
        table.iter_mut().for_each(|(_, item)| forget_places(item));
    }
}

pub(super) fn unreadable(path: &Path, error: &toml_edit::TomlError) -> TomlError {
    let message = error.message().to_owned();
    TomlError::Wrong { path: path.to_path_buf(), line: 1, column: 1, message }
}

/// Writes down the rules of a subscription, given as `[[rules]]` tables, in the place of those it has.
///
/// # Errors
/// See [`EditError`].
pub fn set_rules(path: &Path, key: &str, rules: &str) -> Result<Edit<()>, EditError> {
    edit(path, |document, _| put_rules(path, table_mut(document, key)?, rules))
}

/// Writes down rules that are wishes, with the least priority and whether pictures are shown, which belong to
/// them. Least priorities and flags that have their defaults are left out.
///
/// # Errors
/// See [`EditError`].
pub fn set_usual(
    path: &Path,
    key: &str,
    rules: &str,
    from: Option<Priority>,
    pictures: bool,
) -> Result<Edit<()>, EditError> {
    edit(path, |document, settings| {
        let one = table_mut(document, key)?;
        put_rules(path, one, rules)?;
        let known = settings.subscriptions.get(key);
        if known.is_none_or(|known| known.min_priority != from) {
            let least = from.map(|least| OptionValue::Number(least.level().into()));
            options::set(one, "min_priority", least.as_ref())?;
        }
        if known.is_none_or(|known| known.pictures != pictures) {
            let shown = pictures.then_some(OptionValue::Flag(true));
            options::set(one, "pictures", shown.as_ref())?;
        }
        Ok(())
    })
}

fn put_rules(path: &Path, one: &mut dyn TableLike, rules: &str) -> Result<(), EditError> {
    let mut given: DocumentMut = rules.parse().map_err(|error| unreadable(path, &error))?;
    one.remove("rules");
    let mut rules = placeless(given.remove("rules").unwrap_or_default());
    if let Some(first) = rules.as_array_of_tables_mut().and_then(|rules| rules.get_mut(0)) {
        let above = first.decor().prefix().and_then(RawString::as_str).unwrap_or_default();
        let apart = format!("\n{}", above.trim_start_matches('\n'));
        first.decor_mut().set_prefix(apart);
    }
    if !rules.is_none() {
        one.insert("rules", rules);
    }
    Ok(())
}

fn has_comment(table: &dyn TableLike, key: &str) -> bool {
    let above = table.key(key).and_then(|key| key.leaf_decor().prefix());
    let behind = table.get(key).and_then(Item::as_value).and_then(|value| value.decor().suffix());
    [above, behind]
        .into_iter()
        .flatten()
        .filter_map(RawString::as_str)
        .any(|text| text.contains('#'))
}

pub(super) fn edit<T>(
    path: &Path,
    change: impl FnOnce(&mut DocumentMut, &Settings) -> Result<T, EditError>,
) -> Result<Edit<T>, EditError> {
    // Held until the end: a write of another process between reading and writing would be lost.
    let _lock = lock(path)?;
    let presets = Presets::beside(path).presets;
    let (text, settings) = file::read(path, &presets)?;
    let mut document: DocumentMut = text.parse().map_err(|error| unreadable(path, &error))?;
    let bare = document.is_empty();
    let answer = change(&mut document, &settings)?;
    let mut changed = document.to_string();
    if bare && settings_added(&document) {
        // Comments alone count as the document's end; what is added belongs below them.
        document.set_trailing("");
        changed = format!("{text}\n{document}");
    }
    if changed == text {
        return Ok(Edit { answer, settings, text, stamp: None });
    }
    // What cannot be read back is never written.
    let settings = file::parse(path, &changed, &presets)?;
    let stamp = write(path, &changed)?;
    Ok(Edit { answer, settings, text: changed, stamp: Some(stamp) })
}

fn settings_added(document: &DocumentMut) -> bool {
    document.iter().any(|(_, item)| !item.is_none())
}

/// A key for a subscription: from its label, else the last part of its path, else its host.
pub fn key_for(label: &str, url: &Url, taken: impl Fn(&str) -> bool) -> String {
    let last = url.path_segments().and_then(|parts| parts.rev().find(|part| !part.is_empty()));
    let slug = [label, last.unwrap_or_default(), url.host_str().unwrap_or_default()]
        .into_iter()
        .map(slug)
        .find(|slug| !slug.is_empty())
        .unwrap_or_else(|| "subscription".to_owned());
    let taken = |key: &str| key == OWN_KEY || taken(key);
    if !taken(&slug) {
        return slug;
    }
    (2..).map(|n| format!("{slug}-{n}")).find(|key| !taken(key)).unwrap_or(slug)
}

fn slug(text: &str) -> String {
    let kept: String = text
        .to_lowercase()
        .chars()
        .map(|char| if char.is_ascii_alphanumeric() { char } else { '-' })
        .take(40)
        .collect();
    let words: Vec<&str> = kept.split('-').filter(|word| !word.is_empty()).collect();
    words.join("-")
}
