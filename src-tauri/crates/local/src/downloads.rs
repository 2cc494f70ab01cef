//! Where the person finds what a program saves for them.

use std::{
    fs::{File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use directories::UserDirs;

/// So many files of one name are told apart by a number.
const SAME_NAME_MAX: u32 = 100;

/// Makes a file of this name in the person's folder for downloads, else in their home. One that is there stays, and
/// the new one has a number. It can be read by the person alone.
///
/// # Errors
/// Where there is no such folder, or it cannot be written.
pub fn create(stem: &str, extension: &str) -> io::Result<(File, PathBuf)> {
    let dirs = UserDirs::new().ok_or(io::ErrorKind::NotFound)?;
    let folder = dirs.download_dir().filter(|folder| folder.is_dir()).unwrap_or(dirs.home_dir());
    create_in(folder, stem, extension)
}

fn create_in(folder: &Path, stem: &str, extension: &str) -> io::Result<(File, PathBuf)> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    for number in 1..=SAME_NAME_MAX {
        let number = if number == 1 { String::new() } else { format!("-{number}") };
        let path = folder.join(format!("{stem}{number}.{extension}"));
        match options.open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            opened => return opened.map(|file| (file, path)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_takes_the_place_of_another() {
        let folder = tempfile::tempdir().unwrap();
        let name = || create_in(folder.path(), "hark-messages", "csv").map(|(_, path)| path);
        assert_eq!(name().unwrap(), folder.path().join("hark-messages.csv"));
        assert_eq!(name().unwrap(), folder.path().join("hark-messages-2.csv"));
        for _ in 3..=SAME_NAME_MAX {
            name().unwrap();
        }
        assert!(name().is_err());
    }
}
