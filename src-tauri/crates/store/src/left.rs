//! Whether this is the database that the last run has left, or a copy from before that was put back. In a copy the
//! ids from then on are given a second time, so it begins a new epoch.
//!
//! A token stands in the database and in a small file beside, and is another one after each start and each end; the
//! file also has the greatest id of a message, noted now and then, for a copy that was made since. Where database and
//! file were put back together, nothing tells.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use rusqlite::OptionalExtension;

use crate::{Store, StoreError};

/// The file is a few lines; more is not read. Bytes.
const FILE_BYTES_MAX: u64 = 4 << 10;

/// What the file beside says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Beside {
    /// The token; while it is changed, the one before it, too.
    tokens: Vec<String>,
    /// The greatest id that was noted.
    newest: i64,
}

impl Beside {
    /// None where there is no such file.
    fn read(path: &Path) -> io::Result<Option<Self>> {
        let bytes = match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Ok(found) if found.is_file() && found.len() <= FILE_BYTES_MAX => fs::read(path)?,
            // It says nothing that is known.
            Ok(_) => return Ok(Some(Self::default())),
            Err(error) => return Err(error),
        };
        let text = String::from_utf8_lossy(&bytes);
        let mut lines = text.lines();
        let newest = lines.next().and_then(|line| line.parse().ok()).unwrap_or_default();
        Ok(Some(Self { tokens: lines.map(str::to_owned).collect(), newest }))
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        let fresh = path.with_extension("new");
        let mut file = File::create(&fresh)?;
        writeln!(file, "{}", self.newest)?;
        self.tokens.iter().try_for_each(|token| writeln!(file, "{token}"))?;
        file.sync_all()?;
        fs::rename(fresh, path)
    }
}

impl Store {
    /// Begins a new epoch where this is not the database that the last run has left, by the file beside. Answers
    /// whether it did. To be called once, before an id is told to anybody.
    ///
    /// # Errors
    /// Where the database cannot be used, or the file not be read or written.
    pub fn recognise(&mut self, beside: &Path) -> Result<bool, StoreError> {
        let unwritable = |source| StoreError::Unwritable { path: beside.to_path_buf(), source };
        let token = self.token()?;
        let is_another = match (Beside::read(beside).map_err(unwritable)?, &token) {
            // As it was made, or from before there were tokens.
            (None, None) => false,
            (None, Some(_)) | (Some(_), None) => true,
            (Some(left), Some(token)) => {
                !left.tokens.contains(token) || self.newest_ever()? < left.newest
            }
        };
        if is_another {
            self.connection.execute("UPDATE epoch SET value = lower(hex(randomblob(8)))", [])?;
            self.epoch =
                self.connection.query_row("SELECT value FROM epoch", [], |row| row.get(0))?;
        }
        self.leave(beside)?;
        Ok(is_another)
    }

    /// From now on a copy that was made before is known for one.
    ///
    /// # Errors
    /// As [`Store::recognise`].
    pub fn leave(&mut self, beside: &Path) -> Result<(), StoreError> {
        let unwritable = |source| StoreError::Unwritable { path: beside.to_path_buf(), source };
        let random = "SELECT lower(hex(randomblob(16)))";
        let next: String = self.connection.query_row(random, [], |row| row.get(0))?;
        // One of them is in the database, wherever this is cut off.
        let tokens = self.token()?.into_iter().chain([next.clone()]).collect();
        let newest = self.newest_ever()?;
        Beside { tokens, newest }.write(beside).map_err(unwritable)?;
        // It is on the disk before the file forgets the token of before, also where the power goes.
        self.connection.pragma_update(None, "synchronous", "FULL")?;
        let noted = self.note_token(&next);
        self.connection.pragma_update(None, "synchronous", "NORMAL")?;
        noted?;
        Beside { tokens: vec![next], newest }.write(beside).map_err(unwritable)
    }

    /// Notes the greatest id that was given.
    ///
    /// # Errors
    /// As [`Store::recognise`].
    pub fn note_newest(&self, beside: &Path) -> Result<(), StoreError> {
        let unwritable = |source| StoreError::Unwritable { path: beside.to_path_buf(), source };
        let newest = self.newest_ever()?;
        let Some(noted) = Beside::read(beside).map_err(unwritable)? else { return Ok(()) };
        if noted.newest >= newest {
            return Ok(());
        }
        Beside { newest, ..noted }.write(beside).map_err(unwritable)
    }

    fn note_token(&mut self, token: &str) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        transaction.execute("DELETE FROM left_by", [])?;
        transaction.execute("INSERT INTO left_by VALUES (?1)", [token])?;
        Ok(transaction.commit()?)
    }

    fn token(&self) -> Result<Option<String>, StoreError> {
        let token = "SELECT token FROM left_by";
        Ok(self.connection.query_row(token, [], |row| row.get(0)).optional()?)
    }
}
