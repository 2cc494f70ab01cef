//! A whole set-up as one text, to take along or to give to somebody: the settings with their comments, and the
//! presets that they use, under `[presets.NAME]`. It says where secrets are kept and holds none that Hark knows
//! of: no handler and no command, whose arguments may be one, and no parameter of an address that is called like
//! one.

use std::path::Path;

use toml_edit::{DocumentMut, Item, Table, TableLike};
use url::Url;

use super::{
    Subscription,
    edit::{EditError, placeless, read, replace, table_mut, unreadable},
    portable::{HANDLERS, PRESETS, leave_out, runs},
};
use crate::presets;

/// Of a parameter whose name holds one of these, the value is probably a secret.
const SECRETS: [&str; 9] =
    ["auth", "token", "key", "secret", "pass", "pwd", "sig", "jwt", "session"];

/// A set-up that was written as one text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// The text.
    pub text: String,
    /// The keys of subscriptions in whose address a parameter was left out.
    pub shortened: Vec<String>,
    /// The keys of those whose credential is a command, which was left out.
    pub without_command: Vec<String>,
    /// Whether there are handlers, which were left out.
    pub handlers: bool,
}

/// Writes the set-up of the settings at `path` as one text.
///
/// # Errors
/// See [`EditError`].
pub fn export(path: &Path) -> Result<Exported, EditError> {
    let (mut document, settings) = read(path)?;
    let handlers = document.remove(HANDLERS).is_some();
    let mut exported = Exported { handlers, ..Exported::default() };
    for (key, one) in &settings.subscriptions {
        let table = table_mut(&mut document, key)?;
        let mut shortened = shorten(table, one, &one.url);
        let mut without = leave_out(table, runs);
        if let Some(publish) = table.get_mut("publish").and_then(Item::as_table_like_mut) {
            without |= leave_out(publish, runs);
            if let Some(to) = one.publish.as_ref().and_then(|publish| publish.url.as_ref()) {
                shortened |= shorten(publish, one, to);
            }
        }
        exported.shortened.extend(shortened.then(|| key.clone()));
        exported.without_command.extend(without.then(|| key.clone()));
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
    exported.text = document.to_string();
    Ok(exported)
}

/// Leaves out of the address in a table what may be a secret; answers whether there was something.
fn shorten(table: &mut dyn TableLike, one: &Subscription, url: &Url) -> bool {
    let bare = bare(one, url);
    let is_shorter = bare != *url;
    if is_shorter {
        replace(table, "url", bare.as_str());
    }
    is_shorter
}

/// An address without what may be a secret in it.
pub(super) fn bare(one: &Subscription, url: &Url) -> Url {
    let mut bare = one.speaks().identity(url);
    let is_secret = |name: &str| {
        let name = name.to_lowercase();
        SECRETS.iter().any(|word| name.contains(word))
    };
    if bare.query_pairs().any(|(name, _)| is_secret(&name)) {
        let pairs: Vec<_> = bare.query_pairs().into_owned().collect();
        bare.set_query(None);
        let left = pairs.into_iter().filter(|(name, _)| !is_secret(name));
        for (name, value) in left {
            bare.query_pairs_mut().append_pair(&name, &value);
        }
    }
    bare
}
