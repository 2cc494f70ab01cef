//! What a form holds of what is set for all subscriptions: how much is kept, when problems are told, how long what is
//! urgent stays. Read and written as a subscription's options are.

use std::path::Path;

use toml_edit::{Item, Table};

use super::{
    edit::{Edit, EditError, edit, read},
    options::{Kind, Options, apply_by, changed, found, read_value, set_at},
};

const GENERAL: [(&str, Kind); 6] = [
    ("keep.messages", Kind::Number),
    ("keep.bytes", Kind::Text),
    ("keep.days", Kind::Number),
    ("keep.journal", Kind::Number),
    ("problems.tell_after", Kind::Text),
    ("notifications.urgent_stays", Kind::Text),
];

/// What the settings say; what they do not say has its default.
///
/// # Errors
/// See [`EditError`].
pub fn general_of(path: &Path) -> Result<Options, EditError> {
    Ok(general_in(read(path)?.0.as_table()))
}

fn general_in(document: &Table) -> Options {
    let value = |(name, kind): (&str, Kind)| {
        let path: Vec<&str> = name.split('.').collect();
        let value = read_value(found(document, &path)?, kind)?;
        Some((name.to_owned(), value))
    };
    GENERAL.into_iter().filter_map(value).collect()
}

/// Writes down what was changed in a form: what it showed `before`, and what it holds `after`.
///
/// # Errors
/// See [`EditError`]; [`EditError::Changed`] where the file says something else by now of what was changed, and
/// [`EditError::Unfit`] where a value cannot be taken.
pub fn set_general(path: &Path, before: &Options, after: &Options) -> Result<Edit<()>, EditError> {
    edit(path, |document, _| {
        let changes = changed(&general_in(document.as_table()), before, after)?;
        apply_by(path, document, &changes, |document, name, value| {
            let unknown = || EditError::Unfit {
                option: Some(name.to_owned()),
                message: "there is no such setting".to_owned(),
                fault: None,
            };
            let (_, kind) =
                GENERAL.into_iter().find(|(known, _)| *known == name).ok_or_else(unknown)?;
            let (table, option) = name.split_once('.').unwrap_or((name, name));
            if value.is_none() && !document.contains_key(table) {
                return Ok(());
            }
            // A table of its own, as one writes it by hand; it stays with its comments when it is empty.
            let table = document.entry(table).or_insert_with(|| Item::Table(Table::new()));
            let table = table.as_table_like_mut().ok_or_else(unknown)?;
            set_at(table, name, (&[option], kind), value)
        })
    })
}
