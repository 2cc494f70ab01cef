//! Opens the database: sets an unreadable file aside, brings an older one up to date.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::{Timestamp, tz::TimeZone};
use rusqlite::{Connection, ErrorCode, OptionalExtension};

use crate::{Store, StoreError};

/// Append-only: a released migration is never edited.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_sequences_and_rules.sql"),
    include_str!("migrations/0003_runs_and_bounds.sql"),
    include_str!("migrations/0004_alerts_and_reading.sql"),
    include_str!("migrations/0006_order_and_search.sql"),
    include_str!("migrations/0005_handlers.sql"),
    include_str!("migrations/0007_pruned.sql"),
    include_str!("migrations/0008_epoch.sql"),
    include_str!("migrations/0009_uptime.sql"),
    include_str!("migrations/0010_left_by.sql"),
    include_str!("migrations/0011_near_and_held.sql"),
];

/// How long to wait for another process that holds the database. Nothing else goes on meanwhile.
const BUSY_TIMEOUT: Duration = Duration::from_millis(100);
/// The schema that this version writes.
pub const SCHEMA_VERSION: u32 = MIGRATIONS.len() as u32;

/// What came of opening a database.
#[derive(Debug)]
pub struct Opening {
    /// The store, ready for use.
    pub store: Store,
    /// Where a file that is no readable database was put.
    pub set_aside: Option<PathBuf>,
}

impl Store {
    /// Opens or makes the database at `path`. `now` names a file that is set aside.
    ///
    /// # Errors
    /// [`StoreError::Unwritable`] where folder or file cannot be written, [`StoreError::Newer`]
    /// where a newer version made it.
    pub fn open(path: &Path, now: Timestamp) -> Result<Opening, StoreError> {
        let unwritable = |source| StoreError::Unwritable { path: path.to_path_buf(), source };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(unwritable)?;
        }
        match open_current(path) {
            Err(error) if is_unreadable(&error) => {
                let aside = set_aside(path, now).map_err(unwritable)?;
                let store = open_current(path)?;
                Ok(Opening { store, set_aside: Some(aside) })
            }
            Err(StoreError::Sqlite(error)) => Err(match error.sqlite_error_code() {
                Some(
                    ErrorCode::CannotOpen
                    | ErrorCode::ReadOnly
                    | ErrorCode::DiskFull
                    | ErrorCode::SystemIoFailure,
                ) => unwritable(io::Error::other(error)),
                _ => StoreError::Sqlite(error),
            }),
            Err(error) => Err(error),
            Ok(store) => Ok(Opening { store, set_aside: None }),
        }
    }
}

/// Whether the file is no database, a damaged one, or somebody else's.
fn is_unreadable(error: &StoreError) -> bool {
    match error {
        StoreError::Foreign => true,
        StoreError::Sqlite(error) => matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt)
        ),
        _ => false,
    }
}

/// Renames the file and what belongs to it; never overwrites.
fn set_aside(path: &Path, now: Timestamp) -> io::Result<PathBuf> {
    let name = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let stamp = now.strftime("%Y%m%dT%H%M%S");
    let mut aside = name(&format!(".unreadable-{stamp}"));
    for n in 2.. {
        if !aside.exists() {
            break;
        }
        aside = name(&format!(".unreadable-{stamp}-{n}"));
    }
    fs::rename(path, &aside)?;
    for suffix in ["-wal", "-shm"] {
        let mut with = aside.as_os_str().to_owned();
        with.push(suffix);
        match fs::rename(name(suffix), with) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(aside)
}

fn open_current(path: &Path) -> Result<Store, StoreError> {
    let mut store = try_open(path, MIGRATIONS)?;
    let epoch = "SELECT value FROM epoch";
    store.epoch = store.connection.query_row(epoch, [], |row| row.get(0))?;
    Ok(store)
}

pub(crate) fn try_open(path: &Path, migrations: &[&str]) -> Result<Store, StoreError> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // 64 pages are no slower than SQLite's default here and cost 2 MiB less.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = 64;
         PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 4194304;",
    )?;
    migrate(&mut connection, path, migrations)?;
    // A damaged file may open and fail at the first use: find out now.
    for table in ["message", "fingerprint", "set_aside", "journal"] {
        let newest = format!("SELECT * FROM {table} ORDER BY rowid DESC LIMIT 1");
        connection.query_row(&newest, [], |_| Ok(())).optional()?;
    }
    connection.query_row("SELECT * FROM cursor LIMIT 1", [], |_| Ok(())).optional()?;
    Ok(Store {
        connection,
        epoch: String::new(),
        keeps: HashMap::new(),
        has_nobody: false,
        journal_grown: 0,
        journals_grown: HashMap::new(),
        trails_grown: HashMap::new(),
        zone: TimeZone::UTC,
    })
}

fn migrate(
    connection: &mut Connection,
    path: &Path,
    migrations: &[&str],
) -> Result<(), StoreError> {
    let found: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let tables = "SELECT count(*) FROM sqlite_master";
    if found == 0 && connection.query_row(tables, [], |row| row.get::<_, u32>(0))? > 0 {
        return Err(StoreError::Foreign);
    }
    let known = u32::try_from(migrations.len()).unwrap_or(u32::MAX);
    if found > known {
        return Err(StoreError::Newer { path: path.to_path_buf(), found });
    }
    if found > 0 && found < known {
        let copy = format!("{}.before-schema-{known}", path.display());
        if !Path::new(&copy).exists() {
            // A copy that was cut off is of no use.
            let unfinished = format!("{copy}.new");
            let _ = fs::remove_file(&unfinished);
            connection.execute("VACUUM INTO ?1", [&unfinished])?;
            fs::rename(unfinished, copy)
                .map_err(|source| StoreError::Unwritable { path: path.to_path_buf(), source })?;
        }
    }
    for (version, sql) in (1_u32..).zip(migrations).skip(found as usize) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    Ok(())
}
