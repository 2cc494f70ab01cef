//! Secrets that a person has typed: each in a file of its own beside the settings, which only they may read.
//! What was typed is in no other place, and goes with the subscription that it is for.
//!
//! Until a subscription names it, the file has a second name in a folder of its own. By that the next start knows
//! what was typed and never saved, also where this process was killed; and that it is still the file that was made
//! here, as a file that a person has put in its place is another one.

use std::{
    fmt,
    fs::{self, File},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

use hark_local::{file, folder};

/// The folder beside the settings file in which they are.
pub const FOLDER: &str = "tokens";
/// The folder in it with the second names of what no subscription names yet.
const WAITING: &str = ".waiting";

/// A secret in its file, which is removed on drop unless it is kept.
pub struct Kept {
    path: PathBuf,
    /// Its second name.
    waiting: PathBuf,
    /// Locked for as long as this process lives, so that no other one sweeps it.
    _locked: File,
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
        // It is ours alone and was just made. The second name goes last: by it the next start knows of the file.
        if !self.kept {
            let _ = fs::remove_file(&self.path);
        }
        let _ = fs::remove_file(&self.waiting);
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
    let waiting = folder.join(WAITING);
    folder::private(&folder)?;
    folder::private(&waiting)?;
    let name: String =
        host.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
    for number in 1.. {
        let name = match number {
            1 => name.clone(),
            number => format!("{name}-{number}"),
        };
        let (path, waiting) = (folder.join(&name), waiting.join(&name));
        let mut file = match file::create_private(&waiting) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
            file => file?,
        };
        let named = file::lock(&file)
            .and_then(|_| file.write_all(secret.as_bytes()))
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::hard_link(&waiting, &path));
        match named {
            Ok(()) => return Ok(Kept { path, waiting, _locked: file, kept: false }),
            Err(error) => {
                let _ = fs::remove_file(&waiting);
                if error.kind() != ErrorKind::AlreadyExists {
                    return Err(error);
                }
            }
        }
    }
    Err(io::Error::other("there is no free name"))
}

/// Removes what was typed and never saved, as the process that waited for it was killed. `named` are the files that
/// the settings name: they stay, as does what a person has put there and what another process waits for.
///
/// # Errors
/// Where the folder cannot be read, or something in it not be removed.
pub fn sweep<'a>(settings: &Path, named: impl Iterator<Item = &'a Path>) -> io::Result<()> {
    let folder = folder_of(settings);
    let waiting = match fs::read_dir(folder.join(WAITING)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        waiting => waiting?,
    };
    let named: Vec<_> = named.filter_map(|path| fs::metadata(path).ok()).collect();
    let named: Vec<_> = named.iter().map(file::number).collect();
    for entry in waiting {
        let entry = entry?;
        let Ok((file, found)) = file::open(&entry.path()) else { continue };
        if !file::lock(&file)? {
            continue;
        }
        let path = folder.join(entry.file_name());
        let there = fs::symlink_metadata(&path).map(|there| file::number(&there)).ok();
        let number = file::number(&found);
        if there == Some(number) && !named.contains(&number) {
            fs::remove_file(&path)?;
        }
        fs::remove_file(entry.path())?;
    }
    Ok(())
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

    #[test]
    fn what_was_never_saved_is_swept_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let settings = folder.path().join("settings.toml");
        // As after the kill of a process: its lock is gone, and its files are there.
        let waiting = folder_of(&settings).join(WAITING);
        let typed = |host: &str| {
            let kept = keep(&settings, host, "secret").unwrap();
            let (name, path) = (kept.waiting.clone(), kept.path().to_path_buf());
            fs::hard_link(&path, folder.path().join(host)).unwrap();
            drop(kept);
            for name in [&name, &path] {
                fs::hard_link(folder.path().join(host), name).unwrap();
            }
            path
        };
        let saved_before = keep(&settings, "before.example", "secret").unwrap().keep();
        let (lost, saved) = (typed("lost.example"), typed("saved.example"));
        let (theirs, gone) = (typed("theirs.example"), typed("gone.example"));
        let own = folder_of(&settings).join("own");
        fs::write(&own, "by hand").unwrap();
        for (path, text) in [(&theirs, Some("by hand")), (&gone, None)] {
            fs::remove_file(path).unwrap();
            text.iter().for_each(|text| fs::write(path, text).unwrap());
        }
        let held = keep(&settings, "held.example", "secret").unwrap();
        // A path may name it in another way.
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&saved, &link).unwrap();
        sweep(&settings, [&*link].into_iter()).unwrap();
        assert!(held.path().exists());
        drop(held);
        assert!(!lost.exists() && !gone.exists());
        assert!(saved.exists() && saved_before.exists() && own.exists());
        assert_eq!(fs::read_to_string(&theirs).unwrap(), "by hand");
        assert_eq!(fs::read_dir(&waiting).unwrap().count(), 0);
        // What was saved is swept at no later start.
        sweep(&settings, [].into_iter()).unwrap();
        assert!(saved.exists());
        fs::remove_dir(&waiting).unwrap();
        sweep(&settings, [].into_iter()).unwrap();
    }
}
