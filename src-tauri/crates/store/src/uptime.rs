//! How reliably each subscription was connected, a row a day, written with the journal and outliving its rows.
//!
//! A day is one of the local calendar (see [`Store::keep_days`]). A row that was written in another time zone stays as
//! it is: sums over several days are off by the hours between the two at most.

use std::collections::{BTreeMap, HashMap};

use hark_engine::{
    failure::Class,
    history::{Entry, Row},
    uptime::{Standing, State, Told},
};
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use rusqlite::{Connection, OptionalExtension, params};

use crate::{Store, StoreError, to_ms};

/// How many days are kept.
const DAYS_MAX: i64 = 400;

/// How reliably a subscription was connected over some days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uptime {
    /// How long it was connected. Milliseconds.
    pub live_ms: u64,
    /// Of how long: while Hark ran, awake, and the subscription was not paused. Milliseconds.
    pub followed_ms: u64,
    /// How many outages began.
    pub outages: u32,
    /// The longest of those that ended, or last. Milliseconds.
    pub longest_ms: u64,
    /// Why most of them began, by the cause's code, and how many.
    pub cause: Option<(Class, String, u32)>,
}

/// How often each cause, by its code.
type Causes = BTreeMap<String, (Class, u32)>;

impl Store {
    /// Sets the time zone whose calendar says what a day is; UTC until then. Where there is no account yet, as
    /// the database is from before there was one, it is begun by the rows of the journal that are left.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn keep_days(&mut self, zone: TimeZone) -> Result<(), StoreError> {
        self.zone = zone;
        let is_begun = "SELECT EXISTS (SELECT 1 FROM standing)";
        if self.connection.query_row(is_begun, [], |row| row.get(0))? {
            return Ok(());
        }
        let rows = self.journal_rows(None, u32::MAX)?;
        let transaction = self.connection.transaction()?;
        for Row { at, subscription, entry, .. } in &rows {
            account(&transaction, &self.zone, subscription.as_deref(), *at, entry)?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// How reliably a subscription was connected today and on the days before, `days` in all.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn uptime(
        &self,
        subscription: &str,
        days: u32,
        now: Timestamp,
    ) -> Result<Uptime, StoreError> {
        let today = day_of(now, &self.zone);
        let first = today - i64::from(days) + 1;
        let mut sum = Uptime::default();
        let (mut live, mut followed) = (0, 0);
        let mut causes = Causes::new();
        let mut statement = self.connection.prepare_cached(
            "SELECT live, followed, outages, longest, causes FROM day
             WHERE subscription = ?1 AND day BETWEEN ?2 AND ?3",
        )?;
        let mut rows = statement.query(params![subscription, first, today])?;
        while let Some(row) = rows.next()? {
            live += row.get::<_, i64>(0)?;
            followed += row.get::<_, i64>(1)?;
            sum.outages += row.get::<_, u32>(2)?;
            sum.longest_ms = sum.longest_ms.max(unsigned(row.get(3)?));
            for (code, (class, times)) in read_causes(&row.get::<_, String>(4)?) {
                causes.entry(code).or_insert((class, 0)).1 += times;
            }
        }
        if let Some(standing) = standing(&self.connection, subscription)? {
            if let Told::Spent(state, from, to) = standing.so_far(now) {
                for (day, ms) in by_day(from, to, &self.zone) {
                    live += if state == State::Live && day >= first { ms } else { 0 };
                    followed += if state != State::Absent && day >= first { ms } else { 0 };
                }
            }
            let lasts = standing.lost.map(|lost| unsigned(to_ms(now) - to_ms(lost)));
            sum.longest_ms = sum.longest_ms.max(lasts.unwrap_or_default());
        }
        (sum.live_ms, sum.followed_ms) = (unsigned(live), unsigned(followed));
        let most = causes.into_iter().max_by_key(|(_, (_, times))| *times);
        sum.cause = most.map(|(code, (class, times))| (class, code, times));
        Ok(sum)
    }

    /// Since when a subscription is lost; none where it is not. A restart of Hark does not end it.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn lost_since(&self, subscription: &str) -> Result<Option<Timestamp>, StoreError> {
        Ok(standing(&self.connection, subscription)?.and_then(|standing| standing.lost))
    }
}

/// Forgets days that are too long ago, and who has none left.
pub(crate) fn bound_days(
    connection: &Connection,
    zone: &TimeZone,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let gone =
        connection.execute("DELETE FROM day WHERE day <= ?1", [day_of(now, zone) - DAYS_MAX])?;
    if gone > 0 {
        connection.execute(
            "DELETE FROM standing WHERE json_extract(standing, '$.now.state') = 'absent'
             AND subscription NOT IN (SELECT subscription FROM day)",
            [],
        )?;
    }
    Ok(())
}

/// Accounts for an entry of the journal; one of the agent's own concerns all.
pub(crate) fn account(
    connection: &Connection,
    zone: &TimeZone,
    subscription: Option<&str>,
    at: Timestamp,
    entry: &Entry,
) -> rusqlite::Result<()> {
    let standings = match subscription {
        Some(key) => {
            let known = standing(connection, key)?.unwrap_or_else(|| Standing::unknown(at));
            HashMap::from([(key.to_owned(), known)])
        }
        None => standings(connection)?,
    };
    for (key, before) in standings {
        let mut after = before.clone();
        for told in after.take(at, entry) {
            add(connection, zone, &key, told)?;
        }
        if after != before || subscription.is_some() {
            let text = serde_json::to_string(&after).unwrap_or_default();
            connection
                .prepare_cached("INSERT OR REPLACE INTO standing VALUES (?1, ?2)")?
                .execute(params![key, text])?;
        }
    }
    Ok(())
}

fn add(
    connection: &Connection,
    zone: &TimeZone,
    key: &str,
    told: Told<'_>,
) -> rusqlite::Result<()> {
    match told {
        Told::Spent(state, from, to) => spend(connection, zone, key, (state, from, to), 1),
        Told::Taken(state, from, to) => spend(connection, zone, key, (state, from, to), -1),
        Told::Begun(at, failure) => {
            let day = day_of(at, zone);
            let causes = "SELECT causes FROM day WHERE subscription = ?1 AND day = ?2";
            let known = connection
                .prepare_cached(causes)?
                .query_row(params![key, day], |row| row.get::<_, String>(0))
                .optional()?;
            let mut causes = read_causes(&known.unwrap_or_default());
            causes.entry(failure.cause.code()).or_insert((failure.class, 0)).1 += 1;
            let causes = serde_json::to_string(&causes).unwrap_or_default();
            connection
                .prepare_cached(
                    "INSERT INTO day (subscription, day, outages, causes) VALUES (?1, ?2, 1, ?3)
                     ON CONFLICT DO UPDATE SET outages = outages + 1, causes = excluded.causes",
                )?
                .execute(params![key, day, causes])?;
            Ok(())
        }
        Told::Ended(from, to) => {
            connection
                .prepare_cached(
                    "INSERT INTO day (subscription, day, longest) VALUES (?1, ?2, ?3)
                     ON CONFLICT DO UPDATE SET longest = max(longest, excluded.longest)",
                )?
                .execute(params![key, day_of(to, zone), to_ms(to) - to_ms(from)])?;
            Ok(())
        }
    }
}

fn spend(
    connection: &Connection,
    zone: &TimeZone,
    key: &str,
    (state, from, to): (State, Timestamp, Timestamp),
    sign: i64,
) -> rusqlite::Result<()> {
    for (day, ms) in by_day(from, to, zone) {
        let followed = sign * ms;
        let live = if state == State::Live { followed } else { 0 };
        // A clock that is set to and fro more often than is remembered makes no day longer than it is.
        connection
            .prepare_cached(
                "INSERT INTO day (subscription, day, live, followed)
                 VALUES (?1, ?2, max(0, ?3), max(0, ?4))
                 ON CONFLICT DO UPDATE
                 SET followed = min(?5, max(0, followed + ?4)),
                     live = min(?5, max(0, followed + ?4), max(0, live + ?3))",
            )?
            .execute(params![key, day, live, followed, length(day, zone)])?;
    }
    Ok(())
}

/// How long a day is, which need not be 24 hours. Milliseconds.
fn length(day: i64, zone: &TimeZone) -> i64 {
    let begin = |day| {
        let date = Date::constant(1970, 1, 1).checked_add(SignedDuration::from_hours(24 * day));
        let date = date.unwrap_or(Date::MAX);
        zone.to_ambiguous_timestamp(date.into()).compatible().map(to_ms).unwrap_or_default()
    };
    begin(day + 1) - begin(day)
}

fn standing(connection: &Connection, key: &str) -> rusqlite::Result<Option<Standing>> {
    let text = connection
        .prepare_cached("SELECT standing FROM standing WHERE subscription = ?1")?
        .query_row([key], |row| row.get::<_, String>(0))
        .optional()?;
    // What a newer version wrote is begun anew.
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

fn standings(connection: &Connection) -> rusqlite::Result<HashMap<String, Standing>> {
    let mut statement = connection.prepare_cached("SELECT subscription, standing FROM standing")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
    let read = |(key, text): (String, String)| Some((key, serde_json::from_str(&text).ok()?));
    rows.filter_map(|row| row.map(read).transpose()).collect()
}

fn read_causes(text: &str) -> Causes {
    serde_json::from_str(text).unwrap_or_default()
}

fn unsigned(ms: i64) -> u64 {
    u64::try_from(ms).unwrap_or_default()
}

fn date_of(at: Timestamp, zone: &TimeZone) -> Date {
    zone.to_datetime(at).date()
}

/// Days since 1970.
fn day_of(at: Timestamp, zone: &TimeZone) -> i64 {
    number(date_of(at, zone))
}

fn number(date: Date) -> i64 {
    date.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24
}

/// The milliseconds that a time has on each day; of a longer one than is kept, those of its latest days.
fn by_day(from: Timestamp, to: Timestamp, zone: &TimeZone) -> Vec<(i64, i64)> {
    let mut parts = Vec::new();
    let mut end = to;
    while end > from && i64::try_from(parts.len()).is_ok_and(|days| days < DAYS_MAX) {
        // The last instant of what is left decides whose day it is: midnight itself is the next one's.
        let last = Timestamp::from_millisecond(to_ms(end) - 1).unwrap_or(end);
        let date = date_of(last, zone);
        let begin = zone.to_ambiguous_timestamp(date.into()).compatible().unwrap_or(from);
        let start = begin.max(from).min(last);
        parts.push((number(date), to_ms(end) - to_ms(start)));
        end = start;
    }
    parts
}
