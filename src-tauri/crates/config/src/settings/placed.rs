//! Puts a value at its place in a table of the settings file, or takes it out, and keeps the comments around it. Knows
//! nothing of what the values mean.

use toml_edit::{Item, Key, RawString, TableLike, Value};

/// Puts a value at a path of a table. A comment behind what stands there stays.
pub(super) fn put(table: &mut dyn TableLike, path: &[&str], mut value: Value) {
    let [name, rest @ ..] = path else { return };
    if !rest.is_empty() {
        let inner = table
            .entry(name)
            .or_insert_with(|| Item::Value(Value::InlineTable(Default::default())));
        if let Some(inner) = inner.as_table_like_mut() {
            put(inner, rest, value);
        }
        return;
    }
    match table.get_mut(name) {
        Some(Item::Value(there)) => {
            // A comment behind it stays.
            *value.decor_mut() = there.decor().clone();
            *there = value;
        }
        Some(there) => *there = Item::Value(value),
        None => drop(table.insert(name, Item::Value(value))),
    }
}

/// Removes an option, with the tables that are then empty. Comments above and behind it stay, before what follows.
pub(super) fn remove(table: &mut dyn TableLike, path: &[&str]) {
    let [name, rest @ ..] = path else { return };
    if !rest.is_empty() {
        let Some(inner) = table.get_mut(name).and_then(Item::as_table_like_mut) else { return };
        remove(inner, rest);
        if !inner.is_empty() {
            return;
        }
    }
    let comment = comment_of(table, name);
    let after: Option<String> =
        table.iter().skip_while(|(other, _)| other != name).nth(1).map(|(next, _)| next.to_owned());
    table.remove(name);
    if comment.is_empty() {
        return;
    }
    let next = after.as_deref().and_then(|next| match table.get(next) {
        Some(Item::Value(_)) => table.key_mut(next),
        _ => None,
    });
    if let Some(mut next) = next {
        let own = next.leaf_decor().prefix().and_then(RawString::as_str).unwrap_or_default();
        let both = format!("{comment}{own}");
        next.leaf_decor_mut().set_prefix(both);
        return;
    }
    let last = table.iter().filter(|(_, item)| item.is_value()).last();
    let Some(last) = last.map(|(name, _)| name.to_owned()) else { return };
    if let Some(value) = table.get_mut(&last).and_then(Item::as_value_mut) {
        let own = value.decor().suffix().and_then(RawString::as_str).unwrap_or_default();
        let both = format!("{own}\n{}", comment.trim_end_matches('\n'));
        value.decor_mut().set_suffix(both);
    }
}

/// The comments above an option and behind it, each on a line of its own.
fn comment_of(table: &dyn TableLike, name: &str) -> String {
    let above = table.key(name).map(Key::leaf_decor).and_then(|decor| decor.prefix());
    let header = table.get(name).and_then(Item::as_table).and_then(|table| table.decor().prefix());
    let behind = table.get(name).and_then(Item::as_value).and_then(|value| value.decor().suffix());
    let lines = [above, header, behind].into_iter().flatten().filter_map(RawString::as_str);
    lines
        .flat_map(str::lines)
        .map(str::trim)
        .filter(|line| line.starts_with('#'))
        .fold(String::new(), |all, line| format!("{all}{line}\n"))
}
