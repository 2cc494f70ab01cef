//! What a form holds of a subscription's table: its options one by one, under their names in the file, each as a
//! plain value. Only what was changed in the form is written, so that comments, order, spelling and whatever the
//! form does not know stay; what changed in the file meanwhile is never overwritten unsaid. Holds no secret: where
//! one is kept, and of a command its program alone. Knows no subscription's rules.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use hark_engine::{feed, size};
use toml_edit::{Array, DocumentMut, Item, TableLike, Value};
use url::Url;

use super::{
    Credential, Fault, NewSubscription, Settings, Subscription,
    edit::{Edit, EditError, check_name, edit, item, own_files, read, table_mut},
    export::bare,
    file, key_of,
    new::written,
    placed::{put, remove},
};
use crate::{file::TomlError, presets::Presets};

/// The value of one option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionValue {
    /// What holds or not.
    Flag(bool),
    /// A count, or a priority.
    Number(u32),
    /// A text, a length of time or a size, as the file writes it.
    Text(String),
    /// Texts.
    Texts(Vec<String>),
    /// Where a secret is kept. Of a command, its program alone.
    Secret(Credential),
}

/// Options by their names in the file, with dots between the tables: `keep.days`, `headers.X-Key`.
pub type Options = BTreeMap<String, OptionValue>;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Flag,
    Number,
    Text,
    Texts,
    Secret,
}

/// What a form knows. Rules have a form of their own, and a mapping is a preset's.
const OPTIONS: [(&str, Kind); 33] = [
    ("url", Kind::Text),
    ("name", Kind::Text),
    ("feed", Kind::Text),
    ("bearer", Kind::Secret),
    ("basic.user", Kind::Text),
    ("basic.password", Kind::Secret),
    ("publish.url", Kind::Text),
    ("publish.bearer", Kind::Secret),
    ("publish.basic.user", Kind::Text),
    ("publish.basic.password", Kind::Secret),
    ("publish.ca", Kind::Text),
    ("ca", Kind::Text),
    ("client_certificate.certificate", Kind::Text),
    ("client_certificate.key", Kind::Text),
    ("proxy", Kind::Text),
    ("cleartext_credentials", Kind::Flag),
    ("heartbeat", Kind::Text),
    ("cadence", Kind::Text),
    ("retry", Kind::Text),
    ("spread", Kind::Text),
    ("clients", Kind::Text),
    ("manners", Kind::Text),
    ("event_max", Kind::Text),
    ("min_priority", Kind::Number),
    ("hide_content", Kind::Flag),
    ("pictures", Kind::Flag),
    ("pictures_from", Kind::Texts),
    ("mute", Kind::Flag),
    ("paused", Kind::Flag),
    ("keep.messages", Kind::Number),
    ("keep.bytes", Kind::Text),
    ("keep.days", Kind::Number),
    ("keep.journal", Kind::Number),
];
/// Tables of headers, each of which is an option.
const HEADERS: [&str; 2] = ["headers", "publish.headers"];
/// What stands in a place of an address that is not shown.
const HIDDEN: &str = "…";

/// The names of all options.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    OPTIONS.iter().map(|(name, _)| *name).chain(HEADERS)
}

/// The tables and the name that an option's name is made of.
fn path_of(name: &str) -> Option<(Vec<&str>, Kind)> {
    for tables in HEADERS {
        let header = name.strip_prefix(tables).and_then(|rest| rest.strip_prefix('.'));
        if let Some(header) = header {
            return Some((tables.split('.').chain([header]).collect(), Kind::Secret));
        }
    }
    let (_, kind) = OPTIONS.iter().find(|(known, _)| *known == name)?;
    Some((name.split('.').collect(), *kind))
}

/// The options of the subscription that a person names, and its key. What may be a secret in its address is left
/// out.
///
/// # Errors
/// See [`EditError`].
pub fn options_of(path: &Path, word: &str) -> Result<(String, Options), EditError> {
    let (document, settings) = read(path)?;
    let key = key_of(&settings.subscriptions, word)?;
    let options = options_in(&document, &settings, &key)?;
    Ok((key, options))
}

fn options_in(
    document: &DocumentMut,
    settings: &Settings,
    key: &str,
) -> Result<Options, EditError> {
    let unknown = || EditError::Unknown(key.to_owned());
    let table = item(document, key)?.as_table_like().ok_or_else(unknown)?;
    let one = settings.subscriptions.get(key).ok_or_else(unknown)?;
    let mut names: Vec<String> = OPTIONS.iter().map(|(name, _)| (*name).into()).collect();
    for tables in HEADERS {
        let path: Vec<&str> = tables.split('.').collect();
        let headers = found(table, &path).and_then(Item::as_table_like);
        let headers = headers.into_iter().flat_map(TableLike::iter);
        names.extend(headers.map(|(name, _)| format!("{tables}.{name}")));
    }
    let mut options = Options::new();
    for name in names {
        let Some((path, kind)) = path_of(&name) else { continue };
        if let Some(value) = found(table, &path).and_then(|item| read_value(item, kind)) {
            options.insert(name, value);
        }
    }
    options.insert("url".to_owned(), OptionValue::Text(shown(one, &one.url)));
    options.insert("feed".to_owned(), OptionValue::Text(one.feed.clone()));
    if let Some(url) = one.publish.as_ref().and_then(|publish| publish.url.as_ref()) {
        options.insert("publish.url".to_owned(), OptionValue::Text(shown(one, url)));
    }
    Ok(options)
}

/// An address as a form shows it: without what may be a secret in it, for which a sign stands.
fn shown(one: &Subscription, url: &Url) -> String {
    let bare = bare(one, url);
    match bare == *url {
        true => bare.into(),
        false => {
            let join = if bare.query().is_some() { '&' } else { '?' };
            format!("{bare}{join}{HIDDEN}")
        }
    }
}

pub(super) fn found<'a>(table: &'a dyn TableLike, path: &[&str]) -> Option<&'a Item> {
    let (name, tables) = path.split_last()?;
    let mut table = table;
    for one in tables {
        table = table.get(one)?.as_table_like()?;
    }
    table.get(name)
}

pub(super) fn read_value(item: &Item, kind: Kind) -> Option<OptionValue> {
    match kind {
        Kind::Flag => item.as_bool().map(OptionValue::Flag),
        Kind::Number => {
            item.as_integer().and_then(|it| u32::try_from(it).ok()).map(OptionValue::Number)
        }
        Kind::Text => match (item.as_str(), item.as_integer()) {
            (Some(text), _) => Some(OptionValue::Text(text.to_owned())),
            // A size may be written as bare bytes.
            (None, Some(bytes)) => {
                u64::try_from(bytes).ok().map(size::write).map(OptionValue::Text)
            }
            (None, None) => None,
        },
        Kind::Texts => {
            let all = item.as_array()?.iter().filter_map(|it| it.as_str().map(str::to_owned));
            Some(OptionValue::Texts(all.collect()))
        }
        Kind::Secret => read_secret(item).map(OptionValue::Secret),
    }
}

fn read_secret(item: &Item) -> Option<Credential> {
    let table = item.as_table_like()?;
    let text = |name: &str| table.get(name).and_then(Item::as_str).map(str::to_owned);
    if let Some(name) = text("env") {
        return Some(Credential::Env(name));
    }
    if let Some(path) = text("file") {
        return Some(Credential::File(path.into()));
    }
    let program = table.get("command")?.as_array()?.get(0)?.as_str()?;
    Some(Credential::Command(vec![program.to_owned()]))
}

/// One that a form has changed: its name with its new value, or none where it is left out from now on.
pub(super) type Change = (String, Option<OptionValue>);

/// What a form has changed.
fn changes(before: &Options, after: &Options) -> Vec<Change> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| (name.clone(), after.get(name).cloned()))
        .collect()
}

/// Writes down what was changed in a form: what it showed `before`, and what it holds `after`. Answers the key.
/// The files of secrets that were typed, and are used no more, are removed.
///
/// # Errors
/// See [`EditError`]; [`EditError::Changed`] where the file says something else by now of what was changed, and
/// [`EditError::Unfit`] where a value cannot be taken.
pub fn set_options(
    path: &Path,
    word: &str,
    before: &Options,
    after: &Options,
) -> Result<Edit<String>, EditError> {
    let edited = edit(path, |document, settings| {
        let key = change(path, document, settings, word, before, after)?;
        let own = own_files(path, settings, &key);
        Ok((key, own))
    })?;
    let (settings, files) = (&edited.settings, &edited.answer.1);
    let used: Vec<&Path> =
        settings.subscriptions.values().flat_map(Subscription::secret_files).collect();
    for file in files.iter().filter(|file| !used.contains(&file.as_path())) {
        // One that is left behind does no harm: only its owner may read it.
        let _ = fs::remove_file(file);
    }
    Ok(edited.map(|(key, _)| key))
}

/// The subscription as it is, and as [`set_options`] would make it. Changes nothing.
///
/// # Errors
/// As [`set_options`].
pub fn draft_options(
    path: &Path,
    word: &str,
    before: &Options,
    after: &Options,
) -> Result<(Subscription, Subscription), EditError> {
    let (mut document, mut settings) = read(path)?;
    let key = change(path, &mut document, &settings, word, before, after)?;
    let unknown = || EditError::Unknown(key.clone());
    let presets = Presets::beside(path).presets;
    let mut changed = file::parse(path, &document.to_string(), &presets)?;
    let old = settings.subscriptions.swap_remove(&key).ok_or_else(unknown)?;
    Ok((old, changed.subscriptions.swap_remove(&key).ok_or_else(unknown)?))
}

/// The subscription that [`super::add`] would write down.
///
/// # Errors
/// [`EditError::Unfit`] where a value cannot be taken.
pub fn draft(path: &Path, new: &NewSubscription) -> Result<Subscription, EditError> {
    const KEY: &str = "new";
    let mut document = DocumentMut::new();
    insert(path, &mut document, KEY, new)?;
    let presets = Presets::beside(path).presets;
    let mut settings = file::parse(path, &document.to_string(), &presets)?;
    let one = settings.subscriptions.swap_remove(KEY);
    one.ok_or_else(|| EditError::Unknown(KEY.to_owned()))
}

/// Inserts a new subscription under this key.
pub(super) fn insert(
    path: &Path,
    document: &mut DocumentMut,
    key: &str,
    new: &NewSubscription,
) -> Result<(), EditError> {
    // It is the person's own: what is said of it is not said of the file.
    new.name.as_deref().map_or(Ok(()), check_name)?;
    let all = document.entry("subscriptions").or_insert_with(|| {
        let mut table = toml_edit::Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    if let Some(all) = all.as_table_like_mut() {
        all.insert(key, Item::Table(new.table()));
    }
    apply(path, document, key, &changes(&Options::new(), &new.options))
}

/// What a form has changed, where the file says of it what the form showed.
pub(super) fn changed(
    now: &Options,
    before: &Options,
    after: &Options,
) -> Result<Vec<Change>, EditError> {
    let changes = changes(before, after);
    let is_another = |(name, new): &&Change| {
        let there = now.get(name);
        there != before.get(name) && there != new.as_ref()
    };
    let others: Vec<String> =
        changes.iter().filter(is_another).map(|(name, _)| name.clone()).collect();
    match others.is_empty() {
        true => Ok(changes),
        false => Err(EditError::Changed(others.join(", "))),
    }
}

fn change(
    path: &Path,
    document: &mut DocumentMut,
    settings: &Settings,
    word: &str,
    before: &Options,
    after: &Options,
) -> Result<String, EditError> {
    let key = key_of(&settings.subscriptions, word)?;
    let now = options_in(document, settings, &key)?;
    let changes = changed(&now, before, after)?;
    if let Some((_, Some(OptionValue::Text(url)))) = changes.iter().find(|(name, _)| name == "url")
    {
        let is_same =
            |(other, one): &(&String, &Subscription)| **other != key && one.url.as_str() == url;
        if let Some((other, _)) = settings.subscriptions.iter().find(is_same) {
            return Err(EditError::AlreadyFollowed(other.clone()));
        }
    }
    apply(path, document, &key, &changes)?;
    Ok(key)
}

/// Applies changes to a subscription's table, and sees that the whole can be read.
fn apply(
    path: &Path,
    document: &mut DocumentMut,
    key: &str,
    changes: &[Change],
) -> Result<(), EditError> {
    apply_by(path, document, changes, |document, name, value| {
        set(table_mut(document, key)?, name, value)
    })
}

/// Applies changes by what sets one, and sees that the whole can be read.
pub(super) fn apply_by(
    path: &Path,
    document: &mut DocumentMut,
    changes: &[Change],
    set: impl Fn(&mut DocumentMut, &str, Option<&OptionValue>) -> Result<(), EditError>,
) -> Result<(), EditError> {
    if changes.is_empty() {
        return Ok(());
    }
    let presets = Presets::beside(path).presets;
    let without = |left_out: Option<usize>| -> Result<Result<DocumentMut, String>, EditError> {
        let mut changed = document.clone();
        for (at, (name, value)) in changes.iter().enumerate() {
            if Some(at) != left_out {
                set(&mut changed, name, value.as_ref())?;
            }
        }
        Ok(match file::parse(path, &changed.to_string(), &presets) {
            Ok(_) => Ok(changed),
            Err(TomlError::Wrong { message, .. }) => Err(message),
            Err(error) => return Err(error.into()),
        })
    };
    let message = match without(None)? {
        Ok(changed) => {
            *document = changed;
            return Ok(());
        }
        Err(message) => message,
    };
    // What is wrong is that without which all is well.
    for (at, (name, value)) in changes.iter().enumerate() {
        if without(Some(at))?.is_ok() {
            let fault = Fault::of(name, value.as_ref());
            return Err(EditError::Unfit { option: Some(name.clone()), message, fault });
        }
    }
    Err(EditError::Unfit { option: None, message, fault: None })
}

/// Sets one option of a table, or leaves it out from now on.
pub(super) fn set(
    table: &mut dyn TableLike,
    name: &str,
    value: Option<&OptionValue>,
) -> Result<(), EditError> {
    let unfit = |message: &str| EditError::Unfit {
        option: Some(name.to_owned()),
        message: message.to_owned(),
        fault: None,
    };
    let (path, kind) = path_of(name).ok_or_else(|| unfit("a subscription has no such option"))?;
    set_at(table, name, (&path, kind), value)
}

/// Sets what stands at a path of a table.
pub(super) fn set_at(
    table: &mut dyn TableLike,
    name: &str,
    (path, kind): (&[&str], Kind),
    value: Option<&OptionValue>,
) -> Result<(), EditError> {
    let unfit = |message: &str, fault| EditError::Unfit {
        option: Some(name.to_owned()),
        message: message.to_owned(),
        fault,
    };
    let Some(value) = value else {
        remove(table, path);
        return Ok(());
    };
    let value: Value = match (kind, value) {
        (Kind::Flag, OptionValue::Flag(holds)) => (*holds).into(),
        (Kind::Number, OptionValue::Number(count)) => i64::from(*count).into(),
        (Kind::Text, OptionValue::Text(text)) if name.ends_with("url") && text.contains(HIDDEN) => {
            let message = "type the whole address anew: a part of it is not shown";
            return Err(unfit(message, Some(Fault::HiddenAddress)));
        }
        (Kind::Text, OptionValue::Text(text)) => text.as_str().into(),
        (Kind::Texts, OptionValue::Texts(all)) => {
            all.iter().map(String::as_str).collect::<Array>().into()
        }
        (Kind::Secret, OptionValue::Secret(Credential::Command(_))) => {
            let message = "a command can be set in the settings file alone";
            return Err(unfit(message, Some(Fault::Command)));
        }
        (Kind::Secret, OptionValue::Secret(credential)) => written(credential),
        _ => return Err(unfit("that is no value for it", None)),
    };
    put(table, path, value);
    Ok(())
}

impl NewSubscription {
    /// What it is called where the person gives it no name.
    #[must_use]
    pub fn called(&self) -> String {
        let topics = feed::by_name(&self.feed).and_then(|feed| feed.private_name(&self.url));
        topics.unwrap_or_else(|| super::key_for(&self.label(), &self.url, |_| false))
    }
}
