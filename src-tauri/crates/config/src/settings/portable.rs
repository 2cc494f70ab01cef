//! A set-up that comes as one text is taken into the settings: what is here already stays as it is, and what is in
//! it is a stranger's, perhaps. It runs nothing and opens nothing here, and sends no secret of this computer
//! unless the person says so: handlers, the relay, the kinds of links that open and credentials are left out.

use std::path::Path;

use toml_edit::{DocumentMut, Item, Table, TableLike};
use url::Url;

use super::{
    Credential, Settings, Subscription,
    edit::{Edit, EditError, edit, key_for, placeless, read, unreadable},
    file,
};
use crate::{
    file::{TomlError, read_text, wrong},
    presets::{self, Presets},
};

/// The table of presets in such a text.
pub(super) const PRESETS: &str = "presets";
/// The table of commands.
pub(super) const HANDLERS: &str = "handlers";
/// What is the person's alone to write: it runs, or lets others in.
const LEFT_OUT: [&str; 3] = [HANDLERS, "relay", "links"];
/// The largest such text. Bytes.
const BYTES_MAX: u64 = 8 << 20;
/// The most subscriptions that are taken at once: each is a connection.
const SUBSCRIPTIONS_MAX: usize = 200;
/// The parts of a subscription in which credentials are.
const CREDENTIALS: [&str; 4] = ["bearer", "basic", "headers", "client_certificate"];

/// What was taken of a set-up, and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// The keys of what is followed from now on, and their servers.
    pub added: Vec<(String, String)>,
    /// What was followed already, by the keys that it has here.
    pub known: Vec<String>,
    /// Other settings that were taken, as they are written.
    pub taken: Vec<String>,
    /// Other settings that stay as they are here, by their names.
    pub kept: Vec<String>,
    /// Other settings that are never taken, by their names.
    pub left_out: Vec<String>,
    /// Presets that were taken.
    pub presets: Vec<String>,
    /// Presets that stay as they are here, and say something else there.
    pub other_presets: Vec<String>,
    /// The keys of what was added without a credential that it has there.
    pub without: Vec<String>,
    /// The credentials that were taken.
    pub sends: Vec<Sends>,
}

/// A secret of this computer that is sent somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sends {
    /// The subscription's key.
    pub key: String,
    /// Where the secret is.
    pub secret: Credential,
    /// The server that gets it.
    pub to: String,
    /// Whether it is a file that is not there.
    pub is_missing: bool,
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
    let table = |item: Item| {
        let no_table = || wrong(from, "", "its presets are no tables");
        placeless(item).into_table().map_err(|_| no_table())
    };
    let presets = document.remove(PRESETS).map(table).transpose()?;
    for (name, preset) in presets.into_iter().flatten() {
        let text = DocumentMut::from(table(preset)?).to_string();
        let text = text.trim_start();
        let form = presets::parse(&name, from, text)?;
        known.put_where_missing(&name, form);
        found.push((name.to_string(), text.to_owned()));
    }
    let settings = file::parse(from, &document.to_string(), &known)?;
    if settings.subscriptions.len() > SUBSCRIPTIONS_MAX {
        let many = format!("it has more than {SUBSCRIPTIONS_MAX} subscriptions");
        return Err(wrong(from, "", &many).into());
    }
    Ok(SetUp { document, presets: found })
}

impl SetUp {
    /// What taking it into the settings at `path` would do. Changes nothing.
    ///
    /// # Errors
    /// See [`EditError`].
    pub fn plan(&self, path: &Path, with_credentials: bool) -> Result<Imported, EditError> {
        let (mut document, settings) = read(path)?;
        let mut imported = self.take(&mut document, &settings, with_credentials);
        self.take_presets(path, &mut imported, |_, _| Ok(()))?;
        Ok(imported)
    }

    /// Takes it into the settings at `path`.
    ///
    /// # Errors
    /// See [`EditError`].
    pub fn import(&self, path: &Path, with_credentials: bool) -> Result<Edit<Imported>, EditError> {
        let mut taken = Imported::default();
        // First, since what the settings name has to be there.
        self.take_presets(path, &mut taken, |name, text| presets::write_beside(path, name, text))?;
        edit(path, |document, settings| {
            let Imported { presets, other_presets, .. } = taken;
            let rest = self.take(document, settings, with_credentials);
            Ok(Imported { presets, other_presets, ..rest })
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

    fn take(
        &self,
        document: &mut DocumentMut,
        settings: &Settings,
        with_credentials: bool,
    ) -> Imported {
        let mut imported = Imported::default();
        for (name, item) in self.document.iter() {
            match name {
                "subscriptions" => {}
                _ if LEFT_OUT.contains(&name) => imported.left_out.push(name.to_owned()),
                _ if document.contains_key(name) => imported.kept.push(name.to_owned()),
                _ => {
                    let mut alone = DocumentMut::new();
                    alone.insert(name, placeless(item.clone()));
                    imported.taken.push(alone.to_string().trim().to_owned());
                    document.insert(name, placeless(item.clone()));
                }
            }
        }
        let theirs = self.document.get("subscriptions").and_then(Item::as_table_like);
        for (key, item) in theirs.into_iter().flat_map(TableLike::iter) {
            take_one(document, settings, &mut imported, (key, item), with_credentials);
        }
        imported
    }
}

fn take_one(
    document: &mut DocumentMut,
    settings: &Settings,
    imported: &mut Imported,
    (key, item): (&str, &Item),
    with_credentials: bool,
) {
    let address = |item: &Item| super::read_url(item.get("url")?.as_str()?).ok();
    let Some(url) = address(item) else { return };
    // By what it is, not by the credential that its address has here.
    let bare = |one: &Subscription, url: &Url| one.speaks().identity(url);
    let same = |one: &Subscription| bare(one, &one.url) == bare(one, &url);
    if let Some((known, _)) = settings.subscriptions.iter().find(|(_, one)| same(one)) {
        imported.known.push(known.clone());
        return;
    }
    let taken = |key: &str| {
        let is_new = |(new, _): &(String, String)| new == key;
        settings.subscriptions.contains_key(key) || imported.added.iter().any(is_new)
    };
    let key = if taken(key) { key_for(key, &url, taken) } else { key.to_owned() };
    let mut item = placeless(item.clone());
    let drop = |item: &Item| !with_credentials || runs(item);
    let mut without = item.as_table_like_mut().is_some_and(|one| leave_out(one, drop));
    if let Some(publish) = item.get_mut("publish").and_then(Item::as_table_like_mut) {
        without |= leave_out(publish, drop);
    }
    imported.without.extend(without.then(|| key.clone()));
    let origin = |url: &Url| url.origin().ascii_serialization();
    let publish = item.get("publish");
    let to = publish.and_then(address).map_or_else(|| origin(&url), |url| origin(&url));
    for (place, to) in [(Some(&item), origin(&url)), (publish, to)] {
        for secret in place.into_iter().flat_map(secrets) {
            let is_missing = matches!(&secret, Credential::File(path) if !path.exists());
            imported.sends.push(Sends { key: key.clone(), secret, to: to.clone(), is_missing });
        }
    }
    let all = document.entry("subscriptions").or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    if let Some(all) = all.as_table_like_mut() {
        all.insert(&key, item);
        imported.added.push((key, origin(&url)));
    }
}

/// Takes the credentials away of which that holds; answers whether there were some.
pub(super) fn leave_out(table: &mut dyn TableLike, which: impl Fn(&Item) -> bool) -> bool {
    let found: Vec<&str> =
        CREDENTIALS.into_iter().filter(|name| table.get(name).is_some_and(&which)).collect();
    for name in &found {
        table.remove(name);
    }
    !found.is_empty()
}

/// Whether a credential is the output of a command.
pub(super) fn runs(item: &Item) -> bool {
    credentials(item).iter().any(|found| matches!(found, Credential::Command(_)))
}

/// The credentials of a subscription, or of its `publish`.
fn secrets(place: &Item) -> impl Iterator<Item = Credential> {
    CREDENTIALS.into_iter().filter_map(|name| place.get(name)).flat_map(credentials)
}

/// The credentials that stand in one of [`CREDENTIALS`].
fn credentials(item: &Item) -> Vec<Credential> {
    let Some(table) = item.as_table_like() else { return Vec::new() };
    let text = |item: &Item, name: &str| item.get(name).and_then(Item::as_str).map(str::to_owned);
    let read = |item: &Item| {
        let command = item.get("command").map(|_| Credential::Command(Vec::new()));
        let env = text(item, "env").map(Credential::Env);
        let file = text(item, "file").or_else(|| text(item, "key"));
        env.or_else(|| file.map(|path| Credential::File(path.into()))).or(command)
    };
    let own = read(item);
    own.into_iter().chain(table.iter().filter_map(|(_, item)| read(item))).collect()
}
