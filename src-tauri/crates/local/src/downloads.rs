//! Where the person finds what a program saves for them: a file that is whole, or none.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    process,
    time::Duration,
};

use directories::UserDirs;

use crate::file;

/// So many files of one name are told apart by a number.
const SAME_NAME_MAX: u32 = 100;

/// Around the name of one that is not whole yet.
const HIDDEN: &str = ".hark-save.";
const UNFINISHED: &str = ".new";
/// One that was not touched for so long is nobody's: its process was ended in the middle.
const LEFT_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// A file that is being written for the person. Under its name it stands only when it is whole; one that is dropped
/// before that leaves nothing, and what a process that was ended has left goes when another is begun a day later.
#[derive(Debug)]
pub struct Download {
    file: BufWriter<File>,
    /// Where it is until it is whole: in the same folder, out of sight.
    fresh: PathBuf,
    stem: String,
    extension: &'static str,
}

impl Download {
    /// Begins one in the person's folder for downloads, else in their home. It can be read by the person alone.
    ///
    /// # Errors
    /// Where there is no such folder, or it cannot be written.
    pub fn begin(stem: &str, extension: &'static str) -> io::Result<Self> {
        Self::begin_in(&folder()?, stem, extension)
    }

    fn begin_in(folder: &Path, stem: &str, extension: &'static str) -> io::Result<Self> {
        tidy(folder);
        let fresh =
            |number| folder.join(format!("{HIDDEN}{stem}.{}-{number}{UNFINISHED}", process::id()));
        let (file, fresh) = first_free(fresh, file::create_private)?;
        Ok(Self { file: BufWriter::new(file), fresh, stem: stem.to_owned(), extension })
    }

    /// Gives it its name, once all of it is on the disk. One that is there stays, and the new one has a number.
    /// Answers where it is.
    ///
    /// # Errors
    /// Those of the system; then there is none.
    pub fn finish(mut self) -> io::Result<PathBuf> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        let name = |number| {
            let number = if number == 1 { String::new() } else { format!("-{number}") };
            self.fresh.with_file_name(format!("{}{number}.{}", self.stem, self.extension))
        };
        // The name is ours from then on, so that no other file is replaced.
        let ((), path) = first_free(name, |path| {
            OpenOptions::new().write(true).create_new(true).open(path).map(drop)
        })?;
        match fs::rename(&self.fresh, &path) {
            Ok(()) => {
                // Its name from before is free, and may be another's by now.
                self.fresh.clear();
                Ok(path)
            }
            Err(error) => {
                let _ = fs::remove_file(&path);
                Err(error)
            }
        }
    }
}

impl Write for Download {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.fresh);
    }
}

/// Removes what processes have left that were ended in the middle. What cannot be removed stays.
fn tidy(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let is_ours = name
            .to_str()
            .is_some_and(|name| name.starts_with(HIDDEN) && name.ends_with(UNFINISHED));
        let touched = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        if is_ours && touched().is_some_and(|ago| ago > LEFT_AFTER) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The person's folder for downloads, else their home.
///
/// # Errors
/// Where they have neither.
pub fn folder() -> io::Result<PathBuf> {
    let dirs = UserDirs::new().ok_or(io::ErrorKind::NotFound)?;
    let downloads = dirs.download_dir().filter(|folder| folder.is_dir());
    Ok(downloads.unwrap_or(dirs.home_dir()).to_path_buf())
}

/// Makes the first of a row of files that is not there yet.
fn first_free<T>(
    name: impl Fn(u32) -> PathBuf,
    mut make: impl FnMut(&Path) -> io::Result<T>,
) -> io::Result<(T, PathBuf)> {
    for number in 1..=SAME_NAME_MAX {
        let path = name(number);
        match make(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|made| (made, path)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let all = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            all.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn no_file_takes_the_place_of_another() {
        let folder = tempfile::tempdir().unwrap();
        let save = || Download::begin_in(folder.path(), "hark-messages", "csv")?.finish();
        assert_eq!(save().unwrap(), folder.path().join("hark-messages.csv"));
        assert_eq!(save().unwrap(), folder.path().join("hark-messages-2.csv"));
        for _ in 3..=SAME_NAME_MAX {
            save().unwrap();
        }
        assert!(save().is_err());
        assert_eq!(names(folder.path()).len(), SAME_NAME_MAX as usize, "nothing else is left");
    }

    #[test]
    fn a_file_has_its_name_when_it_is_whole_and_one_that_is_not_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let begin = || Download::begin_in(folder.path(), "one", "jsonl").unwrap();
        let (mut first, mut second) = (begin(), begin());
        first.write_all(b"first").unwrap();
        second.write_all(b"half of the sec").unwrap();
        assert!(names(folder.path()).iter().all(|name| name.starts_with('.')));
        let path = first.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"first");
        drop(second);
        assert_eq!(names(folder.path()), ["one.jsonl"]);
        // Of processes that were ended in the middle: a day ago, and just now.
        let left = |name: &str| {
            let path = folder.path().join(format!("{HIDDEN}{name}{UNFINISHED}"));
            File::create(path).unwrap()
        };
        let day = LEFT_AFTER + Duration::from_secs(60);
        left("old").set_modified(SystemTime::now() - day).unwrap();
        drop(left("young"));
        drop(begin());
        assert_eq!(names(folder.path()), [&*format!("{HIDDEN}young{UNFINISHED}"), "one.jsonl"]);
    }
}
