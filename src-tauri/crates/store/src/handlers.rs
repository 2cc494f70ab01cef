//! The runs of handlers: what was run for what, and what came of it.

use hark_engine::handlers::{On, RunEnd};
use jiff::Timestamp;
use rusqlite::params;

use crate::{Store, StoreError, from_ms, to_ms};

/// How many runs are kept, of all handlers together.
const RUNS_MAX: u32 = 1_000;

/// A run of a handler, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandlerRun {
    /// The store's own number, increasing; 0 of one that is not stored.
    pub id: i64,
    /// When it began.
    pub at: Timestamp,
    /// The handler's name.
    pub handler: String,
    /// What it ran for.
    pub on: On,
    /// The subscription's key.
    pub subscription: String,
    /// Whether the person had asked for it.
    pub by_hand: bool,
    /// How long it took. Milliseconds.
    pub took_ms: u64,
    /// How it has ended.
    pub ended: RunEnd,
    /// What it has printed, bounded.
    pub output: String,
}

impl Store {
    /// Keeps a run, and forgets the oldest beyond the bound. Answers its number.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn handler_ran(&mut self, run: &HandlerRun) -> Result<i64, StoreError> {
        let transaction = self.connection.transaction()?;
        let ended = serde_json::to_string(&run.ended).unwrap_or_default();
        let id = transaction
            .prepare_cached(
                "INSERT INTO handler_run
                     (at, handler, kind, subscription, by_hand, took, ended, output)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .insert(params![
                to_ms(run.at),
                run.handler,
                run.on.word(),
                run.subscription,
                run.by_hand,
                i64::try_from(run.took_ms).unwrap_or(i64::MAX),
                ended,
                run.output
            ])?;
        transaction
            .prepare_cached(
                "DELETE FROM handler_run WHERE id <= (
                     SELECT id FROM handler_run ORDER BY id DESC LIMIT 1 OFFSET ?1)",
            )?
            .execute([RUNS_MAX])?;
        transaction.commit()?;
        Ok(id)
    }

    /// The latest runs, newest first: of all, of one handler, or for one subscription. One that cannot be
    /// read, since a newer version wrote it, is left out.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn handler_runs(
        &self,
        handler: Option<&str>,
        subscription: Option<&str>,
        limit: u32,
    ) -> Result<Vec<HandlerRun>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, at, handler, kind, subscription, by_hand, took, ended, output
             FROM handler_run
             WHERE (?1 IS NULL OR handler = ?1) AND (?2 IS NULL OR subscription = ?2)
             ORDER BY id DESC LIMIT ?3",
        )?;
        let rows = statement.query_map(params![handler, subscription, limit], read)?;
        Ok(rows.filter_map(Result::transpose).collect::<Result<_, _>>()?)
    }
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<HandlerRun>> {
    let (kind, ended): (String, String) = (row.get(3)?, row.get(7)?);
    let (Some(on), Ok(ended)) = (On::of_word(&kind), serde_json::from_str(&ended)) else {
        return Ok(None);
    };
    Ok(Some(HandlerRun {
        id: row.get(0)?,
        at: from_ms(row.get(1)?),
        handler: row.get(2)?,
        on,
        subscription: row.get(4)?,
        by_hand: row.get(5)?,
        took_ms: u64::try_from(row.get::<_, i64>(6)?).unwrap_or_default(),
        ended,
        output: row.get(8)?,
    }))
}
