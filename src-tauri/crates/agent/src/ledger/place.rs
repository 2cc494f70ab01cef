//! Where the database is. One that was deleted or moved under a running agent is written to as before, and what it has
//! goes with the agent.

use std::path::{Path, PathBuf};

use hark_local::file::{self, Number};

/// See the module.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    number: Number,
}

impl Place {
    /// The place of a database that is open. None where that cannot be told.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let number = file::number(path).ok()?;
        Some(Self { path: path.to_owned(), number })
    }

    /// What to say where it is there no more.
    pub(super) fn problem(&self) -> Option<String> {
        let found = file::number(&self.path);
        let what = match found {
            Ok(number) if number == self.number => return None,
            Ok(_) => "was replaced by another file",
            Err(_) => "was deleted or moved",
        };
        Some(format!(
            "The database {} {what} while Hark runs. What comes is still shown, and gone when Hark ends. Put the \
             file back, or end Hark and start it again with what is there now.",
            self.path.display()
        ))
    }
}
