//! The file of `--state`: how far each URL has come, so that the next run goes on there. It is replaced as a whole,
//! only its owner may read it, one process at a time has it, and what is not ours is left as it is.

use std::{
    fs::{self, File},
    io,
    path::{Display, Path, PathBuf},
};

use hark_local::file::{self, FileError};
use serde::{Deserialize, Serialize};

use super::progress::Saved;
use crate::Failed;

/// The largest file that is read. Bytes.
const STATE_BYTES_MAX: u64 = 64 << 20;
/// How many URLs are remembered; those that were not followed for longest are forgotten.
const SOURCES_MAX: usize = 64;
/// How many links to links are followed, as the kernel does.
const LINKS_MAX: usize = 40;
/// What is written now.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// Tells it from any other file.
    hark_listen_state: u32,
    sources: Vec<Saved>,
}

/// See the module.
#[derive(Debug)]
pub struct State {
    path: PathBuf,
    /// Locked for as long as this lives. Beside the file, which is another one after each write.
    _lock: File,
    /// Of URLs that are not followed now, latest first.
    others: Vec<Saved>,
}

impl State {
    /// Takes a file, which may not be there yet, for this process.
    ///
    /// # Errors
    /// Where it cannot be read, is not ours, or another process has it.
    pub fn open(path: &Path) -> Result<Self, Failed> {
        let shown = path.display();
        let is_folder = || Failed(format!("--state {shown}: it is a folder, not a file."));
        // Two names of one file have one lock, and a link stays one.
        let path = &real(path);
        let name = path.file_name().ok_or_else(is_folder)?;
        // What is refused has no lock left beside it.
        read_at(path, &shown)?;
        let mut lock_name = name.to_owned();
        lock_name.push(".lock");
        let lock_path = path.with_file_name(lock_name);
        let lock = file::open_lock(&lock_path).map_err(|error| {
            Failed(format!("--state: {} cannot be made: {error}.", lock_path.display()))
        })?;
        if !file::lock(&lock)? {
            return Err(Failed(format!(
                "Another `hark listen` has {shown}; give each a file of its own."
            )));
        }
        // Another process may have had it until now.
        let others = read_at(path, &shown)?;
        Ok(Self { path: path.to_owned(), _lock: lock, others })
    }

    /// What was saved of a URL, by the hash of it. It is the caller's from now on.
    pub fn take(&mut self, source: &str) -> Option<Saved> {
        let at = self.others.iter().position(|saved| saved.source == source)?;
        Some(self.others.remove(at))
    }

    /// Saves what is followed now.
    ///
    /// # Errors
    /// One sentence, where it cannot be written. The file is as it was then.
    pub fn save(&self, followed: impl IntoIterator<Item = Saved>) -> Result<(), String> {
        let sources = followed.into_iter().chain(self.others.iter().cloned());
        let sources = sources.take(SOURCES_MAX).collect();
        let written = serde_json::to_vec(&Written { hark_listen_state: VERSION, sources });
        let written = written.map_err(io::Error::from);
        let replaced = written.and_then(|bytes| file::replace(&self.path, &bytes));
        replaced
            .map(|_| ())
            .map_err(|error| format!("{} cannot be written: {error}.", self.path.display()))
    }
}

/// Where a file is, or is to be, behind all links.
fn real(path: &Path) -> PathBuf {
    let mut path = path.to_path_buf();
    for _ in 0..LINKS_MAX {
        if let Ok(real) = fs::canonicalize(&path) {
            return real;
        }
        // A link to what is not there yet.
        let Ok(target) = fs::read_link(&path) else { break };
        path = path.parent().unwrap_or_else(|| Path::new("")).join(target);
    }
    let (folder, name) = (path.parent(), path.file_name());
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
    let folder = fs::canonicalize(folder.unwrap_or_else(|| Path::new(".")));
    match (folder, name) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path,
    }
}

/// What the file at `path` holds, which is shown by the name that it was given.
fn read_at(path: &Path, shown: &Display<'_>) -> Result<Vec<Saved>, Failed> {
    match file::read(path, STATE_BYTES_MAX) {
        Ok(bytes) => read(&bytes).map_err(|what| {
            Failed(format!(
                "{shown} {what}. It is left as it is; name another file, or delete it to begin anew."
            ))
        }),
        Err(FileError::Io(error)) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(Failed(format!("{shown} cannot be read: {error}."))),
    }
}

/// What a file holds; what is wrong with it, to follow its name, where it is none of ours.
fn read(bytes: &[u8]) -> Result<Vec<Saved>, String> {
    // One that was only made, as `mktemp` does.
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    #[derive(Deserialize)]
    struct Version {
        hark_listen_state: u32,
    }
    let Ok(Version { hark_listen_state: version }) = serde_json::from_slice(bytes) else {
        return Err("is not a file of `hark listen --state`".to_owned());
    };
    if version != VERSION {
        return Err(format!("is of another version of Hark ({version}, not {VERSION})"));
    }
    let written: Written = serde_json::from_slice(bytes).map_err(|error| {
        format!("is damaged in line {}, column {}", error.line(), error.column())
    })?;
    Ok(written.sources)
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    use std::os::unix::fs::symlink;

    use super::*;

    fn saved(source: &str) -> Saved {
        Saved::new(source).resumed_from("7")
    }

    #[test]
    fn what_is_saved_is_read_again_and_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let state = State::open(&path).ok().unwrap();
        state.save([saved("a"), saved("b")]).unwrap();
        assert!(file::is_private(&fs::File::open(&path).unwrap()).unwrap());
        let Err(Failed(said)) = State::open(&path) else { panic!("it is locked") };
        assert!(said.contains("Another `hark listen` has"), "{said}");
        drop(state);
        let mut state = State::open(&path).ok().unwrap();
        assert_eq!(state.take("b"), Some(saved("b")));
        assert_eq!(state.take("b"), None);
        state.save([saved("b")]).unwrap();
        let kept = read(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(kept, [saved("b"), saved("a")], "what is followed comes first");
        state.save((0..100).map(|number| saved(&number.to_string()))).unwrap();
        assert_eq!(read(&fs::read(&path).unwrap()).unwrap().len(), SOURCES_MAX);
    }

    #[cfg(unix)]
    #[test]
    fn two_names_of_one_file_have_one_lock_and_a_link_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("deep")).unwrap();
        symlink("deep/state", path("link")).unwrap();
        symlink("link", path("other")).unwrap();
        symlink("deep", path("deeper")).unwrap();
        // Before the file is there, and after.
        for _ in 0..2 {
            let state = State::open(&path("other")).ok().unwrap();
            for name in ["deep/state", "link", "deeper/state"] {
                let Err(Failed(said)) = State::open(&path(name)) else { panic!("{name}") };
                assert!(said.contains("Another `hark listen` has"), "{said}");
            }
            state.save([saved("a")]).unwrap();
            assert!(path("deep/state").is_file());
            assert!(["link", "other"].iter().all(|name| path(name).is_symlink()));
        }
        symlink("round", path("round")).unwrap();
        assert!(State::open(&path("round")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn what_is_refused_has_no_lock_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        fs::write(&path, "a diary").unwrap();
        symlink("/dev/null", folder.path().join("null")).unwrap();
        fs::create_dir(folder.path().join("folder")).unwrap();
        for (name, word) in
            [("state", "is not a file of"), ("null", "a device"), ("folder", "a folder")]
        {
            let Err(Failed(said)) = State::open(&folder.path().join(name)) else {
                panic!("{name}")
            };
            assert!(said.contains(word), "{said}");
        }
        assert!(!Path::new("/dev/null.lock").exists());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    #[test]
    fn a_file_that_is_not_ours_is_named_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        for (text, word) in [
            ("a diary", "is not a file of"),
            ("{}", "is not a file of"),
            ("[1]", "is damaged"),
            (r#"{"hark_listen_state":2,"sources":[]}"#, "another version"),
            (r#"{"hark_listen_state":1,"sources":[{}]}"#, "is damaged in line 1"),
            (r#"{"hark_listen_state":1,"sour"#, "is not a file of"),
        ] {
            fs::write(&path, text).unwrap();
            let Err(Failed(said)) = State::open(&path) else { panic!("{text}") };
            assert!(said.contains(word) && said.contains("left as it is"), "{said}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        fs::write(&path, "").unwrap();
        assert!(State::open(&path).is_ok(), "one that was only made");
    }
}
