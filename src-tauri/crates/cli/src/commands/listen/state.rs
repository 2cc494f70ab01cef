//! The file of `--state`: how far each URL has come, so that the next run goes on there. It is replaced as a whole,
//! only its owner may read it, one process at a time has it, and what is not ours is left as it is.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use hark_local::file::{self, FileError};
use serde::{Deserialize, Serialize};

use super::progress::Saved;
use crate::Failed;

/// The largest file that is read. Bytes.
const STATE_BYTES_MAX: u64 = 64 << 20;
/// How many URLs are remembered; those that were not followed for longest are forgotten.
const SOURCES_MAX: usize = 64;
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
        let Some(name) = path.file_name() else {
            return Err(Failed(format!("--state {shown}: it is a folder, not a file.")));
        };
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
        let others = match file::read(path, STATE_BYTES_MAX) {
            Ok(bytes) => read(&bytes).map_err(|what| {
                Failed(format!(
                    "{shown} {what}. It is left as it is; name another file, or delete it to begin anew."
                ))
            })?,
            Err(FileError::Io(error)) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(Failed(format!("{shown} cannot be read: {error}."))),
        };
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
    use std::fs;

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
        assert!(file::is_private(&fs::metadata(&path).unwrap()));
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
