//! One subscription's part of the settings file as a text of its own, for a person's editor, and back in its
//! place.

use std::path::Path;

use toml_edit::{DocumentMut, Item, RawString, Table};

use super::{
    edit::{
        Edit, EditError, check_name, edit, item, item_mut, placeless, read, replace, table_mut,
        unreadable,
    },
    key_of,
};

/// The key of the subscription that a person names, and its tables as they stand in the settings, with their
/// comments.
///
/// # Errors
/// See [`EditError`].
pub fn table_of(path: &Path, word: &str) -> Result<(String, String), EditError> {
    let (document, settings) = read(path)?;
    let key = key_of(&settings.subscriptions, word)?;
    let one = item(&document, &key)?;
    let mut all = Table::new();
    all.set_implicit(true);
    all.insert(&key, placeless(one.clone()));
    let mut alone = DocumentMut::new();
    alone.insert("subscriptions", Item::Table(all));
    Ok((key, alone.to_string().trim_start().to_owned()))
}

/// Writes the tables of a subscription in the place of those it has.
///
/// # Errors
/// See [`EditError`]; [`EditError::Another`] where the text has anything but that one subscription.
pub fn set_table(path: &Path, key: &str, text: &str) -> Result<Edit<()>, EditError> {
    edit(path, |document, _| {
        let mut given: DocumentMut = text.parse().map_err(|error| unreadable(path, &error))?;
        let another = || EditError::Another(key.to_owned());
        if given.iter().any(|(name, _)| name != "subscriptions") {
            return Err(another());
        }
        let all = given["subscriptions"].as_table_like_mut().ok_or_else(another)?;
        let new = all.remove(key).filter(|_| all.is_empty()).ok_or_else(another)?;
        let mut new = placeless(new);
        let there = item_mut(document, key)?;
        if let (Item::Table(new), Item::Table(there)) = (&mut new, &*there) {
            new.set_position(there.position());
            // The empty lines above it are the file's, the comments above it what was edited.
            let prefix = |table: &Table| {
                let prefix = table.decor().prefix().and_then(RawString::as_str);
                prefix.unwrap_or_default().to_owned()
            };
            let (old, own) = (prefix(there), prefix(new));
            let empty = &old[..old.len() - old.trim_start_matches('\n').len()];
            let above = format!("{empty}{}", own.trim_start_matches('\n'));
            new.decor_mut().set_prefix(above);
        }
        *there = new;
        Ok(())
    })
}

/// Gives the subscription that a person names another name; its key, by which it is known, stays. Answers the
/// key.
///
/// # Errors
/// See [`EditError`].
pub fn set_name(path: &Path, word: &str, name: &str) -> Result<Edit<String>, EditError> {
    check_name(name)?;
    edit(path, |document, settings| {
        let key = key_of(&settings.subscriptions, word)?;
        replace(table_mut(document, &key)?, "name", name);
        Ok(key)
    })
}
