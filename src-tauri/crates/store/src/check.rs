//! Looks through the database for damage, on a connection of its own that only reads. It may take long, and waits for
//! nobody.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::{Store, StoreError, plainly};

impl Store {
    /// Where the database is.
    #[must_use]
    pub fn path(&self) -> Option<String> {
        self.connection.path().map(str::to_owned)
    }
}

/// What is wrong with the database at `path`; none where nothing is. Takes about as long as to read it.
///
/// # Errors
/// Where it cannot be opened.
pub fn check(path: &Path) -> Result<Option<String>, StoreError> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let said = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    Ok(match said {
        Ok(said) if said == "ok" => None,
        Ok(said) => Some(said),
        Err(error) => Some(plainly(&error)),
    })
}
