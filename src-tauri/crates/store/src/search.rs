//! Finding messages: by subscription, time, priority and the words that they hold. What is done in one call is
//! bounded, however many messages there are.
//!
//! An index over three characters each says which messages may hold a word; it is behind what comes in, so that
//! a flood is not held up by it. Messages that it does not know yet, and words of one or two characters, which
//! it cannot know, are looked for in the texts themselves.

use std::cmp::Reverse;

use hark_engine::message::Priority;
use rusqlite::{OptionalExtension, Row, ToSql, params_from_iter};

use crate::{Found, Place, Query, Store, StoreError, from_ms, to_ms};

/// So much of a message's title and body each, and of its tags and topic, is looked at. Bytes.
const TEXT_MAX: usize = 64 << 10;
/// The words of a search, and their characters together; more are left out.
const WORDS_MAX: usize = 16;
const CHARS_MAX: usize = 1_000;
/// The index takes words from this length on. Characters.
const TRIGRAM: usize = 3;
/// Up to so many messages may hold the words for them to be read from the index; of more, those that were sent
/// last are looked at one by one.
const FEW: usize = 2_000;
/// From this priority on there is an index of their own.
const URGENT: u8 = 4;
/// Texts that are looked at in one go.
const LOOKS_MAX: u32 = 2_000;
/// Bytes of text that the index takes in one go.
const INDEXED_BYTES: usize = 64 << 10;
/// Pages of the index that are written in one go to merge its parts; several times what a go adds to it.
const MERGED_PAGES: u32 = 64;
/// Messages that it takes in one go.
const INDEXED_ROWS: u32 = 64;

const TEXTS: &str = "SELECT id, title, body, tags, topic FROM message";

/// Words that a message is to hold, all of them: anywhere in its title, body, tags or topic, whether in capitals
/// or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words(Vec<String>);

impl Words {
    /// The words of a text; none where there is none.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let text: String = text.chars().take(CHARS_MAX).collect();
        let words: Vec<_> = text.split_whitespace().take(WORDS_MAX).map(fold).collect();
        (!words.is_empty()).then_some(Self(words))
    }

    fn are_in(&self, text: &str) -> bool {
        self.0.iter().all(|word| text.contains(word))
    }

    /// As the index is asked for them: by all their trigrams. None where it cannot know any.
    fn as_match(&self) -> Option<String> {
        let mut terms: Vec<String> = Vec::new();
        for word in &self.0 {
            let chars: Vec<_> = word.chars().collect();
            for three in chars.windows(TRIGRAM) {
                terms
                    .push(format!("\"{}\"", three.iter().collect::<String>().replace('"', "\"\"")));
            }
        }
        terms.sort_unstable();
        terms.dedup();
        (!terms.is_empty()).then(|| terms.join(" AND "))
    }
}

/// What a message is to hold: words, a tag, or both.
struct Held<'a> {
    words: Words,
    tag: Option<&'a str>,
}

impl<'a> Held<'a> {
    /// What a query asks for; none where it asks for nothing of the kind. The index finds a tag by its words, as
    /// they stand in JSON.
    fn by(query: &'a Query) -> Option<Self> {
        let tag = query.tag.as_deref();
        let written = tag.map(|tag| serde_json::to_string(tag).unwrap_or_default());
        let written = written.and_then(|json| Words::of(json.trim_matches('"')));
        let all = query.words.iter().chain(&written).flat_map(|words| words.0.iter().cloned());
        let words = Words(all.collect());
        (tag.is_some() || query.words.is_some()).then_some(Self { words, tag })
    }

    fn as_match(&self) -> Option<String> {
        self.words.as_match()
    }

    /// Whether a message is one, as [`TEXTS`] reads it.
    fn are_of(&self, row: &Row<'_>) -> rusqlite::Result<bool> {
        if let Some(tag) = self.tag {
            let tags: Vec<String> =
                serde_json::from_str(row.get_ref(3)?.as_str()?).unwrap_or_default();
            if !tags.iter().any(|it| it == tag) {
                return Ok(false);
            }
        }
        Ok(self.words.are_in(&text_of(row)?))
    }
}

/// A text as it is compared. The index folds what it takes once more, which leaves it as it is.
fn fold(text: &str) -> String {
    text.to_lowercase()
}

/// What of a message is looked at, as [`TEXTS`] reads it.
fn text_of(row: &Row<'_>) -> rusqlite::Result<String> {
    let mut text = String::new();
    for column in 1..5 {
        let part = row.get_ref(column)?.as_str_or_null()?.unwrap_or_default();
        text.push_str(&fold(&part[..part.floor_char_boundary(TEXT_MAX)]));
        text.push('\n');
    }
    Ok(text)
}

/// The conditions of a query, and their values.
#[derive(Default)]
struct Conditions {
    sql: Vec<&'static str>,
    values: Vec<Box<dyn ToSql>>,
}

impl Conditions {
    fn and(&mut self, sql: &'static str, values: impl IntoIterator<Item = Box<dyn ToSql>>) {
        self.sql.push(sql);
        self.values.extend(values);
    }

    fn of(query: &Query) -> Self {
        let mut all = Self::default();
        if let Some(key) = &query.subscription {
            all.and("subscription = ?", [boxed(key.clone())]);
        }
        if let Some(since) = query.since {
            all.and("at >= ?", [boxed(to_ms(since))]);
        }
        if let Some(until) = query.until {
            all.and("at < ?", [boxed(to_ms(until))]);
        }
        if query.unread {
            all.and("read IS NULL", []);
        }
        if let Some(priority) = query.priority.map(Priority::level) {
            // Said twice where `message_urgent` has them, which SQLite does not see by a value.
            all.and(
                if priority >= URGENT {
                    "priority >= 4 AND priority >= ?"
                } else {
                    "priority >= ?"
                },
                [boxed(priority)],
            );
        }
        if let Some(after) = query.after {
            all.and("id > ?", [boxed(after)]);
        }
        if let Some(Place { at, id }) = query.before {
            all.and("(at, id) < (?, ?)", [boxed(to_ms(at)), boxed(id)]);
        }
        if let Some(Place { at, id }) = query.above {
            all.and("(at, id) > (?, ?)", [boxed(to_ms(at)), boxed(id)]);
        }
        all
    }

    /// The statement over the messages that meet them, in the order that is asked for.
    fn select(&self, query: &Query, limit: u32) -> String {
        let order = match (query.after, query.above) {
            (Some(_), _) => "id",
            (None, Some(_)) => "at, id",
            (None, None) => "at DESC, id DESC",
        };
        let of = match self.sql.as_slice() {
            [] => String::new(),
            all => format!("WHERE {}", all.join(" AND ")),
        };
        format!("SELECT id, at FROM message {of} ORDER BY {order} LIMIT {limit}")
    }
}

fn boxed(value: impl ToSql + 'static) -> Box<dyn ToSql> {
    Box::new(value)
}

impl Store {
    /// The ids of messages that a query asks for. Where `reached` is said, it is to be asked again from there.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn find(&self, query: &Query) -> Result<Found, StoreError> {
        let conditions = Conditions::of(query);
        let limit = query.limit as usize;
        let Some(words) = Held::by(query) else {
            let places = self.places(&conditions.select(query, query.limit), &conditions)?;
            let reached = places.last().filter(|_| places.len() == limit).copied();
            return Ok(Found { ids: places.iter().map(|place| place.id).collect(), reached });
        };
        let terms = words.as_match();
        if let Some(few) = terms.map(|terms| self.few(&terms)).transpose()?.flatten() {
            return self.holding(&words, &self.those(&few, query)?, limit, None);
        }
        let some = self.places(&conditions.select(query, LOOKS_MAX), &conditions)?;
        let reached = some.last().filter(|_| some.len() == LOOKS_MAX as usize).copied();
        self.holding(&words, &some, limit, reached)
    }

    /// The next messages that the index does not know yet become known to it; answers whether there may be more.
    ///
    /// # Errors
    /// Where the database cannot be used; then none does.
    pub fn index(&mut self) -> Result<bool, StoreError> {
        let transaction = self.connection.transaction()?;
        let (mut last, mut taken, mut bytes) = (None, 0, 0);
        {
            let mut texts = transaction.prepare_cached(&format!(
                "{TEXTS} WHERE id > (SELECT message FROM searchable) ORDER BY id LIMIT ?"
            ))?;
            let mut insert = transaction
                .prepare_cached("INSERT INTO message_text (rowid, text) VALUES (?, ?)")?;
            let mut rows = texts.query([INDEXED_ROWS])?;
            while bytes < INDEXED_BYTES
                && let Some(row) = rows.next()?
            {
                let text = text_of(row)?;
                let id: i64 = row.get(0)?;
                insert.execute((id, &text))?;
                (last, taken, bytes) = (Some(id), taken + 1, bytes + text.len());
            }
        }
        if let Some(last) = last {
            let merge = "INSERT INTO message_text (message_text, rank) VALUES ('merge', ?)";
            transaction.prepare_cached(merge)?.execute([MERGED_PAGES])?;
            transaction.prepare_cached("UPDATE searchable SET message = ?")?.execute([last])?;
            transaction.commit()?;
        }
        Ok(taken == INDEXED_ROWS || bytes >= INDEXED_BYTES)
    }

    /// Up to which message the index knows all. Another one may have come since.
    #[cfg(test)]
    pub(crate) fn searchable(&self) -> i64 {
        let one = "SELECT message FROM searchable";
        self.connection.query_row(one, [], |row| row.get(0)).unwrap_or_default()
    }

    /// The messages that may hold such trigrams: those that the index names, and those that it does not know
    /// yet. None where they are many.
    fn few(&self, terms: &str) -> Result<Option<Vec<i64>>, StoreError> {
        let most = FEW + 1;
        let mut ids = Vec::new();
        let mut take = |of: &str, values: &[&str]| -> Result<bool, StoreError> {
            let mut statement = self.connection.prepare_cached(&format!("{of} LIMIT {most}"))?;
            for id in statement.query_map(params_from_iter(values), |row| row.get(0))? {
                ids.push(id?);
            }
            Ok(ids.len() < most)
        };
        let unknown = "SELECT id FROM message WHERE id > (SELECT message FROM searchable)";
        let known = "SELECT rowid FROM message_text WHERE message_text MATCH ?";
        let are_few = take(unknown, &[])? && take(known, &[terms])?;
        Ok(are_few.then_some(ids))
    }

    /// Those of these messages that meet the conditions of a query, in its order.
    fn those(&self, ids: &[i64], query: &Query) -> Result<Vec<Place>, StoreError> {
        let mut conditions = Conditions::of(query);
        conditions.and("id = ?", [boxed(0)]);
        let sql = conditions.select(query, 1);
        let mut places = Vec::new();
        for id in ids {
            if let Some(value) = conditions.values.last_mut() {
                *value = boxed(*id);
            }
            places.extend(self.places(&sql, &conditions)?);
        }
        match (query.after, query.above) {
            (Some(_), _) => places.sort_unstable_by_key(|place| place.id),
            (None, Some(_)) => places.sort_unstable_by_key(|place| (place.at, place.id)),
            (None, None) => places.sort_unstable_by_key(|place| Reverse((place.at, place.id))),
        }
        Ok(places)
    }

    fn places(&self, sql: &str, conditions: &Conditions) -> Result<Vec<Place>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params_from_iter(&conditions.values), |row| {
            Ok(Place { id: row.get(0)?, at: from_ms(row.get(1)?) })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Those of these messages that hold the words, up to a limit.
    fn holding(
        &self,
        words: &Held<'_>,
        among: &[Place],
        limit: usize,
        reached: Option<Place>,
    ) -> Result<Found, StoreError> {
        let mut texts = self.connection.prepare_cached(&format!("{TEXTS} WHERE id = ?"))?;
        let mut ids = Vec::new();
        for place in among {
            let is_it = texts.query_row([place.id], |row| words.are_of(row)).optional()?;
            if is_it == Some(true) {
                ids.push(place.id);
                if ids.len() == limit {
                    return Ok(Found { ids, reached: Some(*place) });
                }
            }
        }
        Ok(Found { ids, reached })
    }
}
