//! Secrets that a person has typed: each in a file of its own beside the settings, which only they may read.
//! What was typed is in no other place, and goes with the subscription that it is for.

use std::{
    fmt, fs,
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

use hark_local::{file, folder};

/// The folder beside the settings file in which they are.
pub const FOLDER: &str = "tokens";

/// A secret in its file, which is removed on drop unless it is kept.
pub struct Kept {
    path: PathBuf,
    kept: bool,
}

impl Kept {
    /// The path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps the file.
    #[must_use]
    pub fn keep(mut self) -> PathBuf {
        self.kept = true;
        self.path.clone()
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.fmt(f)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if !self.kept {
            // It is ours alone and was just made.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The folder of the secrets that belong to the settings at this path.
#[must_use]
pub fn folder_of(settings: &Path) -> PathBuf {
    settings.with_file_name(FOLDER)
}

/// Writes a secret for the server of this name into a new file.
///
/// # Errors
/// Where the folder or the file cannot be made or written.
pub fn keep(settings: &Path, host: &str, secret: &str) -> io::Result<Kept> {
    let folder = folder_of(settings);
    folder::private(&folder)?;
    let name: String =
        host.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
    for number in 1.. {
        let path = match number {
            1 => folder.join(&name),
            number => folder.join(format!("{name}-{number}")),
        };
        match file::create_private(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(mut file) => {
                let made = Kept { path, kept: false };
                file.write_all(secret.as_bytes())?;
                file.sync_all()?;
                return Ok(made);
            }
        }
    }
    Err(io::Error::other("there is no free name"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_secret_is_its_owners_alone_and_goes_unless_it_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let settings = folder.path().join("settings.toml");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let first = keep(&settings, "a.example", "secret").unwrap().keep();
        assert_eq!((mode(&folder_of(&settings)), mode(&first)), (0o700, 0o600));
        assert_eq!(fs::read_to_string(&first).unwrap(), "secret");
        let second = keep(&settings, "a.example", "other").unwrap();
        let path = second.path().to_path_buf();
        assert!(path.ends_with("a.example-2") && path.exists());
        drop(second);
        assert!(!path.exists() && first.exists());
        let hostile = keep(&settings, "[::1]/..", "x").unwrap();
        assert_eq!(hostile.path().parent(), Some(&*folder_of(&settings)));
    }
}
