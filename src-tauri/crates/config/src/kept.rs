//! Secrets that a person has typed: each in a file of its own beside the settings, which only they may read.
//! What was typed is in no other place, and goes with the subscription that it is for.
//!
//! Until a subscription names it, the file has a second name in a folder of its own. By that the next start knows
//! what was typed and never saved, also where this process was killed; and that it is still the file that was made
//! here, as a file that a person has put in its place is another one.

use std::{
    collections::BTreeSet,
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
    /// Locked for as long as this process lives, so that no other one sweeps it. It is a file of its own, as on Windows
    /// nobody could read what is locked.
    _lock: File,
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
        let Some(lock) = locked(&waiting)? else { continue };
        let mut file = match file::create_private(&waiting) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
            file => file?,
        };
        let named = file
            .write_all(secret.as_bytes())
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::hard_link(&waiting, &path));
        match named {
            Ok(()) => return Ok(Kept { path, waiting, _lock: lock, kept: false }),
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

/// What is beside the second name of a secret that a process waits for.
const LOCK: &str = ".lock";

/// The lock of a secret by its second name; none where another process has it. Its file stays until the next sweep.
fn locked(waiting: &Path) -> io::Result<Option<File>> {
    let mut name = waiting.as_os_str().to_owned();
    name.push(LOCK);
    let file = file::open_lock(Path::new(&name)).map_err(io::Error::other)?;
    Ok(file::lock(&file)?.then_some(file))
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
    let named: Vec<_> = named.filter_map(|path| file::number(path).ok()).collect();
    let mut names = BTreeSet::new();
    for entry in waiting {
        let name = entry?.file_name();
        let known = name.to_str().map(|name| name.strip_suffix(LOCK).unwrap_or(name).to_owned());
        names.extend(known);
    }
    for name in names {
        let (path, waiting) = (folder.join(&name), folder.join(WAITING).join(&name));
        let Some(lock) = locked(&waiting)? else { continue };
        if let Ok(number) = file::number(&waiting) {
            // Its own first name, and no link to it that a person has put there.
            let is_file = fs::symlink_metadata(&path).is_ok_and(|there| there.is_file());
            let is_ours = is_file && file::number(&path).is_ok_and(|there| there == number);
            if is_ours && !named.contains(&number) {
                fs::remove_file(&path)?;
            }
            fs::remove_file(&waiting)?;
        }
        drop(lock);
        fs::remove_file(folder.join(WAITING).join(name + LOCK))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_its_owners_alone_and_goes_unless_it_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let settings = folder.path().join("settings.toml");
        let first = keep(&settings, "a.example", "secret").unwrap().keep();
        assert!(file::is_private(&File::open(&first).unwrap()).unwrap());
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
        fs::hard_link(&saved, &link).unwrap();
        sweep(&settings, [&*link].into_iter()).unwrap();
        assert!(held.path().exists());
        drop(held);
        assert!(!lost.exists() && !gone.exists());
        assert!(saved.exists() && saved_before.exists() && own.exists());
        assert_eq!(fs::read_to_string(&theirs).unwrap(), "by hand");
        // What was saved is swept at no later start.
        sweep(&settings, [].into_iter()).unwrap();
        assert_eq!(fs::read_dir(&waiting).unwrap().count(), 0);
        assert!(saved.exists());
        fs::remove_dir(&waiting).unwrap();
        sweep(&settings, [].into_iter()).unwrap();
    }
}
